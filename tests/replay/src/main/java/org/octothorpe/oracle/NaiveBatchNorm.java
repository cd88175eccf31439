package org.octothorpe.oracle;

import org.jspecify.annotations.Nullable;

/**
 * A batch normalization over rows of channels, x [N,H,W,C], with the residual add and the ReLU that
 * follow it, rounded once at its end as the fused kernels do.
 *
 * <p>Made for one x; then statistics are taken or given, and then come the passes.
 */
public final class NaiveBatchNorm {
  private final Rounding rounding;
  private final double epsilon;
  private final double[] x;
  private final int channels;

  /** Means of the channels. */
  public final double[] mean;

  /** Biased variances of the channels. */
  public final double[] variance;

  /** 1 / sqrt(variance + epsilon). */
  public final double[] rstd;

  /** Makes one without statistics. */
  public NaiveBatchNorm(Rounding rounding, double epsilon, double[] x, int channels) {
    this.rounding = rounding;
    this.epsilon = epsilon;
    this.x = x;
    this.channels = channels;
    this.mean = new double[channels];
    this.variance = new double[channels];
    this.rstd = new double[channels];
  }

  /** Returns the number of values of a channel, N H W. */
  public int rows() {
    return x.length / channels;
  }

  /** Takes the statistics of the batch. */
  public NaiveBatchNorm measured() {
    int rows = rows();
    Sums sums = new Sums(channels);
    for (int i = 0; i < x.length; i++) {
      sums.add(i % channels, x[i]);
    }
    double[] totals = rounding.shiftedSums(sums);
    for (int c = 0; c < channels; c++) {
      mean[c] = rounding.f32(totals[c] / rows);
    }
    Sums squares = new Sums(channels);
    for (int i = 0; i < x.length; i++) {
      double distance = x[i] - mean[i % channels];
      squares.add(i % channels, distance * distance);
    }
    double[] total = rounding.sums(squares);
    for (int c = 0; c < channels; c++) {
      variance[c] = total[c] / rows;
      rstd[c] = rounding.f32(1 / Math.sqrt(variance[c] + epsilon));
    }
    return this;
  }

  /** Takes running statistics. */
  public NaiveBatchNorm given(double[] runningMean, double[] runningVariance) {
    for (int c = 0; c < channels; c++) {
      mean[c] = runningMean[c];
      variance[c] = runningVariance[c];
      rstd[c] = rounding.f32(1 / Math.sqrt(variance[c] + epsilon));
    }
    return this;
  }

  /** Takes the statistics that another implementation saved. */
  public NaiveBatchNorm saved(double[] savedMean, double[] savedRstd) {
    for (int c = 0; c < channels; c++) {
      mean[c] = savedMean[c];
      rstd[c] = savedRstd[c];
      variance[c] = 1 / (rstd[c] * rstd[c]) - epsilon;
    }
    return this;
  }

  /** Folds the statistics of the batch into running ones, the variance without its bias. */
  public void update(double[] runningMean, double[] runningVariance, double momentum) {
    double unbiased = rows() / (rows() - 1.0);
    for (int c = 0; c < channels; c++) {
      runningMean[c] = rounding.f32((1 - momentum) * runningMean[c] + momentum * mean[c]);
      runningVariance[c] =
          rounding.f32((1 - momentum) * runningVariance[c] + momentum * variance[c] * unbiased);
    }
  }

  /** Returns the normalized value of x at a place. */
  public double normalized(int i) {
    return (x[i] - mean[i % channels]) * rstd[i % channels];
  }

  /** Returns y. */
  public double[] forward(
      double[] weight, double[] bias, double @Nullable [] residual, boolean relu) {
    double[] y = new double[x.length];
    for (int i = 0; i < y.length; i++) {
      int c = i % channels;
      double normal = normalized(i) * weight[c];
      double add = residual == null ? 0 : residual[i];
      double value = normal + bias[c] + add;
      double size = Math.abs(normal) + Math.abs(bias[c]) + Math.abs(add);
      double rounded = rounding.sum(value, size, 3);
      y[i] = rounding.activation(relu ? Math.max(0, rounded) : rounded);
    }
    return y;
  }

  /**
   * The gradients of a backward pass.
   *
   * @param dx of x
   * @param dresidual of the residual: dy where the ReLU let it pass
   * @param dweight of the weight
   * @param dbias of the bias
   * @param dweightTerms the sums that dweight was rounded from
   * @param dbiasTerms the sums that dbias was rounded from
   */
  @SuppressWarnings("ArrayRecordComponent") // read at once
  public record Gradients(
      double[] dx,
      double[] dresidual,
      double[] dweight,
      double[] dbias,
      Sums dweightTerms,
      Sums dbiasTerms) {}

  /**
   * Returns the gradients.
   *
   * @param y the output of the forward pass with ReLU; null without
   * @param constant whether the statistics do not depend on x, as running ones
   */
  public Gradients backward(double[] weight, double @Nullable [] y, double[] dy, boolean constant) {
    double[] masked = new double[dy.length];
    Sums dbias = new Sums(channels);
    Sums dweight = new Sums(channels);
    for (int i = 0; i < dy.length; i++) {
      masked[i] = y == null || y[i] > 0 ? dy[i] : 0;
      dbias.add(i % channels, masked[i]);
      dweight.add(i % channels, masked[i] * normalized(i));
    }
    double[] db = rounding.sums(dbias);
    double[] dw = rounding.sums(dweight);
    double[] dx = new double[dy.length];
    for (int i = 0; i < dx.length; i++) {
      int c = i % channels;
      double scale = weight[c] * rstd[c];
      double shared = constant ? 0 : (db[c] + normalized(i) * dw[c]) / rows();
      double size = Math.abs(scale) * (Math.abs(masked[i]) + Math.abs(shared));
      dx[i] = rounding.activation(rounding.sum(scale * (masked[i] - shared), size, 3));
    }
    return new Gradients(dx, masked, dw, db, dweight, dbias);
  }
}
