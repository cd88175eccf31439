package org.octothorpe.eval;

/** Checks of the vectors that a linear classifier is fitted to. */
final class ProbeData {
  private ProbeData() {}

  /** Returns the number of features D of x [N,D], after checking everything. */
  static int features(float[] x, int[] labels, int classes) {
    if (classes < 2) {
      throw new IllegalArgumentException(
          "the number of classes is " + classes + ", but must be at least 2");
    }
    if (labels.length == 0) {
      throw new IllegalArgumentException("there is no vector to fit a classifier to");
    }
    if (x.length == 0 || x.length % labels.length != 0) {
      throw new IllegalArgumentException(
          x.length + " values do not make " + labels.length + " vectors of one length");
    }
    for (int i = 0; i < labels.length; i++) {
      if (labels[i] < 0 || labels[i] >= classes) {
        throw new IllegalArgumentException(
            "label " + i + " is " + labels[i] + ", but must be in [0," + classes + ")");
      }
    }
    for (float value : x) {
      if (!Float.isFinite(value)) {
        throw new IllegalArgumentException(
            "a feature is " + value + "; the network that made it has diverged");
      }
    }
    return x.length / labels.length;
  }
}
