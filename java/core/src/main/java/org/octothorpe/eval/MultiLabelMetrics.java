package org.octothorpe.eval;

import java.util.Arrays;

/**
 * Metrics of scores against any number of true tags per image: precision at k, and mean average
 * precision.
 *
 * <p>scores [images, classes]; labels in CSR form: image i has {@code labels[offsets[i] ..
 * offsets[i + 1])}. Images without a tag count for no precision at k, and as negatives for average
 * precision.
 */
public final class MultiLabelMetrics {
  private MultiLabelMetrics() {}

  /**
   * Returns the mean, over images with a tag, of the share of the k highest scores that are tags of
   * the image; k is the divisor even where an image has fewer than k tags. NaN without such an
   * image.
   *
   * <p>A tie goes to the smaller class id; an image whose scores are not all finite has no hit.
   */
  public static double precisionAt(
      int k, float[] scores, int classes, int[] offsets, int[] labels) {
    int images = check(scores, classes, offsets, labels);
    if (k < 1 || k > classes) {
      throw new IllegalArgumentException("k is " + k + ", but must be in [1," + classes + "]");
    }
    double sum = 0;
    int counted = 0;
    boolean[] own = new boolean[classes];
    for (int i = 0; i < images; i++) {
      if (offsets[i] == offsets[i + 1]) {
        continue;
      }
      Arrays.fill(own, false);
      for (int j = offsets[i]; j < offsets[i + 1]; j++) {
        own[labels[j]] = true;
      }
      int hits = 0;
      for (int c = 0; c < classes; c++) {
        hits += own[c] && Accuracy.rank(scores, i * classes, classes, c) < k ? 1 : 0;
      }
      sum += (double) hits / k;
      counted++;
    }
    return counted == 0 ? Double.NaN : sum / counted;
  }

  /**
   * Returns the mean of {@link #averagePrecision} over the classes that at least one image has. NaN
   * without such a class.
   */
  public static double meanAveragePrecision(
      float[] scores, int classes, int[] offsets, int[] labels) {
    int images = check(scores, classes, offsets, labels);
    boolean[][] positive = new boolean[classes][];
    for (int i = 0; i < images; i++) {
      for (int j = offsets[i]; j < offsets[i + 1]; j++) {
        boolean[] column = positive[labels[j]];
        if (column == null) {
          column = new boolean[images];
          positive[labels[j]] = column;
        }
        column[i] = true;
      }
    }
    double sum = 0;
    int counted = 0;
    float[] column = new float[images];
    for (int c = 0; c < classes; c++) {
      if (positive[c] != null) {
        for (int i = 0; i < images; i++) {
          column[i] = scores[i * classes + c];
        }
        sum += averagePrecision(column, positive[c]);
        counted++;
      }
    }
    return counted == 0 ? Double.NaN : sum / counted;
  }

  /**
   * Returns the area under the precision-recall steps of one class: the sum over thresholds of
   * (recall gained) x (precision there). Images of equal score share a threshold; those whose score
   * is not finite are found at none. The result is NaN if no image is positive.
   */
  public static double averagePrecision(float[] scores, boolean[] positive) {
    int n = scores.length;
    if (positive.length != n) {
      throw new IllegalArgumentException(
          n + " scores, but " + positive.length + " truths; there must be as many");
    }
    // Sortable keys: the order of the float, descending, then the image's index.
    long[] order = new long[n];
    int ranked = 0;
    int total = 0;
    for (int i = 0; i < n; i++) {
      total += positive[i] ? 1 : 0;
      if (Float.isFinite(scores[i])) {
        int bits = Float.floatToIntBits(scores[i] + 0f); // + 0 makes -0 and 0 one key
        int ascending = bits >= 0 ? bits : bits ^ 0x7fffffff;
        order[ranked++] = ((long) ~ascending << 32) | i;
      }
    }
    if (total == 0) {
      return Double.NaN;
    }
    Arrays.sort(order, 0, ranked);
    double area = 0;
    int hits = 0;
    for (int i = 0; i < ranked; ) {
      int before = hits;
      long key = order[i] >> 32;
      while (i < ranked && order[i] >> 32 == key) {
        hits += positive[(int) order[i]] ? 1 : 0;
        i++;
      }
      area += (double) (hits - before) / total * hits / i;
    }
    return area;
  }

  private static int check(float[] scores, int classes, int[] offsets, int[] labels) {
    int images = offsets.length - 1;
    if (images < 0 || (long) images * classes != scores.length) {
      throw new IllegalArgumentException(
          scores.length
              + " scores, but "
              + images
              + " images of "
              + classes
              + " classes have "
              + (long) images * classes);
    }
    for (int j = 0; j < offsets[images]; j++) {
      if (labels[j] < 0 || labels[j] >= classes) {
        throw new IllegalArgumentException(
            "label is " + labels[j] + ", but must be in [0," + classes + ")");
      }
    }
    return images;
  }
}
