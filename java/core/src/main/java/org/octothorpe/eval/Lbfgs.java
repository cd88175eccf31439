package org.octothorpe.eval;

import java.util.ArrayDeque;
import java.util.Iterator;

/**
 * Limited-memory BFGS with a backtracking line search, for smooth convex functions.
 *
 * @param memory corrections kept
 * @param maxIterations iterations at most
 * @param tolerance done when the largest gradient entry is below {@code tolerance}
 * @see <a href="https://doi.org/10.1007/BF01589116">Liu and Nocedal 1989</a>
 */
record Lbfgs(int memory, int maxIterations, double tolerance) {
  /** A function of many variables with its gradient. */
  @FunctionalInterface
  interface Objective {
    /** Returns the value at {@code x} and writes the gradient there. */
    double evaluate(double[] x, double[] gradient);
  }

  private static final double SUFFICIENT_DECREASE = 1e-4;
  private static final int BACKTRACKS = 30;

  private static final class Correction {
    private final double[] step;
    private final double[] change;
    private final double curvature;

    Correction(double[] step, double[] change, double curvature) {
      this.step = step;
      this.change = change;
      this.curvature = curvature;
    }
  }

  /** Minimises from {@code x}, which is overwritten by the result; returns the value there. */
  double minimize(Objective objective, double[] x) {
    int n = x.length;
    double[] gradient = new double[n];
    double value = objective.evaluate(x, gradient);
    ArrayDeque<Correction> corrections = new ArrayDeque<>();
    double[] trial = new double[n];
    double[] trialGradient = new double[n];
    for (int iteration = 0; iteration < maxIterations; iteration++) {
      if (largest(gradient) < tolerance) {
        break;
      }
      double[] direction = direction(gradient, corrections);
      double slope = dot(direction, gradient);
      if (!(slope < 0)) {
        break; // rounding has eaten the descent: as good as it gets
      }
      double length = corrections.isEmpty() ? Math.min(1, 1 / Math.sqrt(-slope)) : 1;
      double trialValue = Double.NaN;
      boolean accepted = false;
      for (int i = 0; i < BACKTRACKS && !accepted; i++) {
        for (int j = 0; j < n; j++) {
          trial[j] = x[j] + length * direction[j];
        }
        trialValue = objective.evaluate(trial, trialGradient);
        accepted = trialValue <= value + SUFFICIENT_DECREASE * length * slope;
        if (!accepted) {
          length *= 0.5;
        }
      }
      if (!accepted) {
        break;
      }
      remember(corrections, x, trial, gradient, trialGradient);
      System.arraycopy(trial, 0, x, 0, n);
      System.arraycopy(trialGradient, 0, gradient, 0, n);
      value = trialValue;
    }
    return value;
  }

  private void remember(
      ArrayDeque<Correction> corrections,
      double[] x,
      double[] trial,
      double[] gradient,
      double[] trialGradient) {
    double[] step = new double[x.length];
    double[] change = new double[x.length];
    for (int j = 0; j < x.length; j++) {
      step[j] = trial[j] - x[j];
      change[j] = trialGradient[j] - gradient[j];
    }
    double curvature = dot(step, change);
    if (curvature > 1e-14 * dot(change, change)) {
      corrections.addFirst(new Correction(step, change, curvature));
      if (corrections.size() > memory) {
        corrections.removeLast();
      }
    }
  }

  /** The two-loop recursion: minus the inverse Hessian's estimate times the gradient. */
  private static double[] direction(double[] gradient, ArrayDeque<Correction> corrections) {
    double[] direction = new double[gradient.length];
    for (int j = 0; j < direction.length; j++) {
      direction[j] = -gradient[j];
    }
    double[] alphas = new double[corrections.size()];
    int i = 0;
    for (Correction c : corrections) {
      alphas[i] = dot(c.step, direction) / c.curvature;
      add(direction, -alphas[i++], c.change);
    }
    if (!corrections.isEmpty()) {
      Correction newest = corrections.getFirst();
      double scale = newest.curvature / dot(newest.change, newest.change);
      for (int j = 0; j < direction.length; j++) {
        direction[j] *= scale;
      }
    }
    for (Iterator<Correction> oldest = corrections.descendingIterator(); oldest.hasNext(); ) {
      Correction c = oldest.next();
      double beta = dot(c.change, direction) / c.curvature;
      add(direction, alphas[--i] - beta, c.step);
    }
    return direction;
  }

  private static void add(double[] target, double factor, double[] source) {
    for (int j = 0; j < target.length; j++) {
      target[j] += factor * source[j];
    }
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int j = 0; j < a.length; j++) {
      sum += a[j] * b[j];
    }
    return sum;
  }

  private static double largest(double[] a) {
    double largest = 0;
    for (double v : a) {
      largest = Math.max(largest, Math.abs(v));
    }
    return largest;
  }
}
