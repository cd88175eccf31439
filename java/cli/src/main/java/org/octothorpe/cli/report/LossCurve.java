package org.octothorpe.cli.report;

import java.util.ArrayList;
import java.util.List;

/** The losses of a run, step by step. */
public final class LossCurve {
  /**
   * One step.
   *
   * @param images images processed after it
   * @param loss mean loss of its batch, in nats
   * @param learningRate its learning rate
   */
  public record Point(long images, double loss, double learningRate) {}

  /** Share of the run that is averaged at its ends. */
  private static final double END_SHARE = 0.02;

  private final List<Point> points = new ArrayList<>();

  /** Appends a step. */
  public void add(long images, double loss, double learningRate) {
    points.add(new Point(images, loss, learningRate));
  }

  /** Returns the steps. */
  public List<Point> points() {
    return points;
  }

  /** Returns the mean loss of the first steps: 2 % of the run, at least one step. NaN if empty. */
  public double start() {
    return mean(0, ends());
  }

  /** Returns the mean loss of the last steps: 2 % of the run, at least one step. NaN if empty. */
  public double end() {
    return mean(points.size() - ends(), points.size());
  }

  /** Returns the losses averaged over about a fiftieth of the run to either side. */
  public double[] smooth() {
    int n = points.size();
    int reach = n / 50;
    double[] sums = new double[n + 1];
    for (int i = 0; i < n; i++) {
      sums[i + 1] = sums[i] + points.get(i).loss();
    }
    double[] smooth = new double[n];
    for (int i = 0; i < n; i++) {
      int from = Math.max(0, i - reach);
      int to = Math.min(n, i + reach + 1);
      smooth[i] = (sums[to] - sums[from]) / (to - from);
    }
    return smooth;
  }

  private int ends() {
    int n = points.size();
    return Math.min(n, Math.max(1, (int) Math.round(n * END_SHARE)));
  }

  private double mean(int from, int to) {
    double sum = 0;
    for (int i = from; i < to; i++) {
      sum += points.get(i).loss();
    }
    return sum / (to - from);
  }
}
