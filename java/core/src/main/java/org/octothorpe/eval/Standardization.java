package org.octothorpe.eval;

/**
 * The shift and scale that give every feature of a set of vectors mean 0 and deviation 1; features
 * that never change are only shifted.
 */
final class Standardization {
  private final double[] mean; // [D]
  private final double[] deviation; // [D]

  private Standardization(double[] mean, double[] deviation) {
    this.mean = mean;
    this.deviation = deviation;
  }

  /** Measures the vectors x [rows, features]. */
  static Standardization of(float[] x, int features) {
    int rows = x.length / features;
    double[] mean = new double[features];
    double[] deviation = new double[features];
    for (int i = 0; i < x.length; i++) {
      mean[i % features] += x[i];
    }
    for (int d = 0; d < features; d++) {
      mean[d] /= rows;
    }
    for (int i = 0; i < x.length; i++) {
      double centered = x[i] - mean[i % features];
      deviation[i % features] += centered * centered;
    }
    for (int d = 0; d < features; d++) {
      double root = Math.sqrt(deviation[d] / rows);
      // A feature that is constant but for rounding must not be blown up.
      deviation[d] = root > 1e-6 * (1 + Math.abs(mean[d])) ? root : 1;
    }
    return new Standardization(mean, deviation);
  }

  /** Returns the vectors, shifted and scaled. */
  float[] apply(float[] x) {
    int features = mean.length;
    float[] result = new float[x.length];
    for (int i = 0; i < x.length; i++) {
      int d = i % features;
      result[i] = (float) ((x[i] - mean[d]) / deviation[d]);
    }
    return result;
  }

  /** Returns the classifier on raw vectors that equals the given one on standardised vectors. */
  LinearClassifier fold(int classes, double[] weight, double[] bias) {
    int features = mean.length;
    float[] raw = new float[weight.length];
    float[] shifted = new float[classes];
    for (int k = 0; k < classes; k++) {
      double shift = bias[k];
      for (int d = 0; d < features; d++) {
        double w = weight[k * features + d] / deviation[d];
        raw[k * features + d] = (float) w;
        shift -= w * mean[d];
      }
      shifted[k] = (float) shift;
    }
    return new LinearClassifier(classes, features, raw, shifted);
  }
}
