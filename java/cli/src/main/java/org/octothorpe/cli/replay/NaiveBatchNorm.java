package org.octothorpe.cli.replay;

import org.jspecify.annotations.Nullable;

/**
 * A batch normalisation with the residual add and the ReLU behind it, rounded once at its end as
 * the fused kernels do.
 */
final class NaiveBatchNorm {
  private static final double EPSILON = 1e-5;
  private static final double MOMENTUM = 0.1;

  private final Rounding rounding;
  private final NaiveTensor x;
  private final double[] weight;
  private final double[] bias;
  private final @Nullable NaiveTensor residual;
  private final boolean relu;
  private final double[] mean;
  private final double[] rstd;

  /** Gradient of the weight, after {@link #backward}. */
  final double[] dweight;

  /** Gradient of the bias, after {@link #backward}. */
  final double[] dbias;

  NaiveBatchNorm(
      Rounding rounding,
      NaiveTensor x,
      double[] weight,
      double[] bias,
      @Nullable NaiveTensor residual,
      boolean relu) {
    this.rounding = rounding;
    this.x = x;
    this.weight = weight;
    this.bias = bias;
    this.residual = residual;
    this.relu = relu;
    this.mean = new double[x.c];
    this.rstd = new double[x.c];
    this.dweight = new double[x.c];
    this.dbias = new double[x.c];
  }

  /** Returns y by the batch's statistics, and folds them into the running ones. */
  NaiveTensor training(double[] runningMean, double[] runningVariance) {
    int m = x.n * x.pixels();
    for (int c = 0; c < x.c; c++) {
      double sum = 0;
      for (int i = first(c); i >= 0; i = next(i)) {
        sum += x.values[i];
      }
      mean[c] = rounding.f32(sum / m);
      double squares = 0;
      for (int i = first(c); i >= 0; i = next(i)) {
        squares += (x.values[i] - mean[c]) * (x.values[i] - mean[c]);
      }
      rstd[c] = rounding.f32(1 / Math.sqrt(squares / m + EPSILON));
      runningMean[c] = running(runningMean[c], mean[c]);
      runningVariance[c] = running(runningVariance[c], squares / (m - 1));
    }
    return normalized();
  }

  /** Returns y by the running statistics. */
  NaiveTensor inference(double[] runningMean, double[] runningVariance) {
    for (int c = 0; c < x.c; c++) {
      mean[c] = runningMean[c];
      rstd[c] = rounding.f32(1 / Math.sqrt(runningVariance[c] + EPSILON));
    }
    return normalized();
  }

  /** Propagates the gradient of y, the output of {@link #training}. */
  void backward(NaiveTensor y) {
    double[] dy = y.gradient();
    if (relu) {
      for (int i = 0; i < dy.length; i++) {
        dy[i] = y.values[i] > 0 ? dy[i] : 0;
      }
    }
    int m = x.n * x.pixels();
    double[] dx = new double[dy.length];
    for (int c = 0; c < x.c; c++) {
      for (int i = first(c); i >= 0; i = next(i)) {
        dbias[c] += dy[i];
        dweight[c] += dy[i] * normalized(i, c);
      }
      dbias[c] = rounding.f32(dbias[c]);
      dweight[c] = rounding.f32(dweight[c]);
      for (int i = first(c); i >= 0; i = next(i)) {
        double centred = dy[i] - (dbias[c] + normalized(i, c) * dweight[c]) / m;
        dx[i] = rounding.activation(weight[c] * rstd[c] * centred);
      }
    }
    x.contribute(dx, rounding);
    if (residual != null) {
      residual.contribute(dy.clone(), rounding);
    }
  }

  private NaiveTensor normalized() {
    double[] y = new double[x.values.length];
    for (int c = 0; c < x.c; c++) {
      for (int i = first(c); i >= 0; i = next(i)) {
        double value = normalized(i, c) * weight[c] + bias[c];
        value = residual == null ? value : value + residual.values[i];
        y[i] = rounding.activation(relu ? Math.max(0, value) : value);
      }
    }
    return new NaiveTensor(x.n, x.c, x.h, x.w, y);
  }

  private double normalized(int i, int c) {
    return (x.values[i] - mean[c]) * rstd[c];
  }

  private double running(double before, double batch) {
    return rounding.f32((1 - MOMENTUM) * before + MOMENTUM * batch);
  }

  /** The place of the first value of a channel. */
  private int first(int c) {
    return c * x.pixels();
  }

  /** The place of the channel's value behind {@code i}, or -1. */
  private int next(int i) {
    if ((i + 1) % x.pixels() != 0) {
      return i + 1;
    }
    int image = i + 1 + (x.c - 1) * x.pixels();
    return image < x.values.length ? image : -1;
  }
}
