package org.octothorpe.replay;

import org.octothorpe.oracle.NaiveBatchNorm;
import org.octothorpe.oracle.NaiveBatchNorm.Gradients;
import org.octothorpe.oracle.Rounding;
import org.octothorpe.oracle.Sums;

/**
 * What the results of a batch norm may be wrong by.
 *
 * <p>Sums over M = N H W values walk by sqrt(M) roundoffs; about eight operations follow, each a
 * roundoff. An error of x counts (1 + |mean| / deviation) times in the normalized x, worst in the
 * channel where that is largest, and enters the gradient of x twice more, through both of its sums.
 *
 * <p>That is a part of the result. Where a result is what is left of terms that cancel (with M = 2
 * the gradient of x is 0 but for epsilon), it is off by four roundoffs of the terms instead: the
 * floors, root mean squares over the tensor.
 */
final class BatchNormBounds {
  private final Precision precision;
  private final NaiveBatchNorm norm;
  private final double[] x;
  private final double[] weight;
  private final double[] bias;
  private final double[] dy;
  private final Gradients gradients;
  private final double worst;

  /**
   * Takes the inputs of a case.
   *
   * @param norm with its statistics
   * @param constant whether they are running ones
   */
  BatchNormBounds(Precision precision, GoldenCase golden, NaiveBatchNorm norm, boolean constant) {
    this.precision = precision;
    this.norm = norm;
    this.x = golden.channelsLastDoubles("x");
    this.weight = golden.tensor("weight").toDoubles();
    this.bias = golden.tensor("bias").toDoubles();
    this.dy = golden.channelsLastDoubles("grad_y");
    this.gradients = norm.backward(weight, null, dy, constant);
    NaiveBatchNorm batch = new NaiveBatchNorm(Rounding.none(), 0, x, weight.length).measured();
    double largest = 0;
    for (int c = 0; batch.rows() > 1 && c < weight.length; c++) {
      if (batch.variance[c] > 0) {
        largest = Math.max(largest, Math.abs(batch.mean[c]) / Math.sqrt(batch.variance[c]));
      }
    }
    this.worst = largest;
  }

  /** Returns the tolerance of every result. */
  double tolerance() {
    double f32 = Precision.F32_ROUNDOFF * (8 + 4 * Math.sqrt(norm.rows()));
    return (1 + worst) * (f32 + 3 * precision.input()) + precision.output();
  }

  double y() {
    double[] terms = new double[x.length];
    for (int i = 0; i < terms.length; i++) {
      int c = i % weight.length;
      terms[i] = Math.abs(norm.normalized(i) * weight[c]) + Math.abs(bias[c]);
    }
    return roundoffs() * rms(terms);
  }

  double dx() {
    double[] terms = new double[x.length];
    double[] dots = gradients.dweightTerms().magnitude;
    double[] totals = gradients.dbiasTerms().magnitude;
    for (int i = 0; i < terms.length; i++) {
      int c = i % weight.length;
      double means = (totals[c] + Math.abs(norm.normalized(i)) * dots[c]) / norm.rows();
      terms[i] = Math.abs(weight[c]) * norm.rstd[c] * (Math.abs(dy[i]) + means);
    }
    return roundoffs() * rms(terms);
  }

  double dweight() {
    return (1 + worst) * precision.floor(gradients.dweightTerms());
  }

  double dbias() {
    return precision.floor(gradients.dbiasTerms());
  }

  double mean() {
    Sums sums = new Sums(weight.length);
    for (int i = 0; i < x.length; i++) {
      sums.add(i % weight.length, x[i]);
    }
    return precision.floor(sums) / norm.rows();
  }

  /** Of the variance as it is taken from 1 / sqrt(variance + epsilon). */
  double variance() {
    double[] terms = new double[weight.length];
    for (int c = 0; c < terms.length; c++) {
      terms[c] = 1 / (norm.rstd[c] * norm.rstd[c]);
    }
    return roundoffs() * rms(terms);
  }

  private double roundoffs() {
    return 4 * Precision.F32_ROUNDOFF * (1 + worst);
  }

  private static double rms(double... values) {
    double squares = 0;
    for (double value : values) {
      squares += value * value;
    }
    return Math.sqrt(squares / values.length);
  }
}
