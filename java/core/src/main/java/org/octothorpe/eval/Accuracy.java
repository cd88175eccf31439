package org.octothorpe.eval;

/**
 * Top-k accuracy of scores against one true class an image, gathered image by image.
 *
 * <p>An image counts as right for k if fewer than k classes score higher than the true one. A tie
 * goes to the smaller class id, as sorting would have it. An image whose scores are not all finite
 * is wrong for every k: no order of them means anything.
 */
public final class Accuracy {
  private final int[] ks;
  private final long[] right;
  private long images;

  /** Makes an empty count for the given k, such as 1 and 5; all at least 1. */
  public Accuracy(int... ks) {
    for (int k : ks) {
      if (k < 1) {
        throw new IllegalArgumentException("k is " + k + ", but must be >= 1");
      }
    }
    this.ks = ks.clone();
    this.right = new long[ks.length];
  }

  /** Adds an image: the scores of {@code classes} classes from {@code offset}, and its class. */
  public void add(float[] scores, int offset, int classes, int label) {
    int rank = rank(scores, offset, classes, label);
    for (int i = 0; i < ks.length; i++) {
      right[i] += rank < ks[i] ? 1 : 0;
    }
    images++;
  }

  /**
   * Adds images that are wrong for every k, whatever their scores: a lower bound counts those so
   * that were seen in training.
   */
  public void addWrong(long count) {
    if (count < 0) {
      throw new IllegalArgumentException("count is " + count + ", but must be >= 0");
    }
    images += count;
  }

  /** Returns the number of images added. */
  public long images() {
    return images;
  }

  /** Returns the share of images that are right for one of the k given at the start, in [0,1]. */
  public double top(int k) {
    for (int i = 0; i < ks.length; i++) {
      if (ks[i] == k) {
        return images == 0 ? Double.NaN : (double) right[i] / images;
      }
    }
    throw new IllegalArgumentException(
        "top-" + k + " was not counted, only top-" + java.util.Arrays.toString(ks));
  }

  /**
   * Returns the number of classes before the true one; the largest int if a score is not finite.
   */
  static int rank(float[] scores, int offset, int classes, int label) {
    if (label < 0 || label >= classes) {
      throw new IllegalArgumentException(
          "label is " + label + ", but must be in [0," + classes + ")");
    }
    float own = scores[offset + label];
    int before = 0;
    for (int c = 0; c < classes; c++) {
      float score = scores[offset + c];
      if (!Float.isFinite(score)) {
        return Integer.MAX_VALUE;
      }
      if (score > own || (score == own && c < label)) {
        before++;
      }
    }
    return before;
  }
}
