package org.octothorpe.eval;

/** A linear classifier on feature vectors: scores = weight x + bias. */
public final class LinearClassifier {
  private final int classes;
  private final int features;
  private final float[] weight;
  private final float[] bias;

  /**
   * Makes a classifier.
   *
   * @param classes K
   * @param features D
   * @param weight [K,D]; not copied
   * @param bias [K]; not copied
   */
  public LinearClassifier(int classes, int features, float[] weight, float[] bias) {
    if (classes < 2 || features < 1) {
      throw new IllegalArgumentException(
          classes + " classes of " + features + " features: must be >= 2 and >= 1");
    }
    if (weight.length != classes * features || bias.length != classes) {
      throw new IllegalArgumentException(
          "weight has "
              + weight.length
              + " and bias "
              + bias.length
              + " values, but must have "
              + classes * features
              + " and "
              + classes);
    }
    this.classes = classes;
    this.features = features;
    this.weight = weight;
    this.bias = bias;
  }

  /** Returns the weight, [K,D]; not a copy. */
  public float[] weight() {
    return weight;
  }

  /** Returns the bias, [K]; not a copy. */
  public float[] bias() {
    return bias;
  }

  /** Returns the scores of one feature vector, which starts at {@code offset}: [K]. */
  public float[] scores(float[] x, int offset) {
    float[] scores = new float[classes];
    for (int k = 0; k < classes; k++) {
      double sum = bias[k];
      for (int d = 0; d < features; d++) {
        sum += (double) weight[k * features + d] * x[offset + d];
      }
      scores[k] = (float) sum;
    }
    return scores;
  }

  /** Returns top-1 and top-5 accuracy on feature vectors x [N,D] of classes {@code labels} [N]. */
  public Accuracy test(float[] x, int[] labels) {
    if (x.length != (long) labels.length * features) {
      throw new IllegalArgumentException(
          x.length + " values for " + labels.length + " vectors of " + features + " features");
    }
    Accuracy accuracy = new Accuracy(1, 5);
    for (int i = 0; i < labels.length; i++) {
      accuracy.add(scores(x, i * features), 0, classes, labels[i]);
    }
    return accuracy;
  }
}
