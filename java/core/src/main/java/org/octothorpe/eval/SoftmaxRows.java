package org.octothorpe.eval;

import java.util.stream.IntStream;

/** Softmax cross-entropy of rows of scores with one class each. */
final class SoftmaxRows {
  private SoftmaxRows() {}

  /**
   * Returns the sum of the rows' losses in nats, and turns the scores into the gradient of {@code
   * scale} times that sum. Rows run in parallel; the sum is in the order of the rows.
   */
  static double lossAndGradient(float[] scores, int classes, int[] labels, double scale) {
    double[] losses = new double[labels.length];
    IntStream.range(0, labels.length)
        .parallel()
        .forEach(i -> losses[i] = row(scores, i * classes, classes, labels[i], scale));
    double sum = 0;
    for (double loss : losses) {
      sum += loss;
    }
    return sum;
  }

  private static double row(float[] scores, int offset, int classes, int label, double scale) {
    double max = Double.NEGATIVE_INFINITY;
    for (int c = 0; c < classes; c++) {
      max = Math.max(max, scores[offset + c]);
    }
    double total = 0;
    for (int c = 0; c < classes; c++) {
      total += Math.exp(scores[offset + c] - max);
    }
    double loss = Math.log(total) + max - scores[offset + label];
    for (int c = 0; c < classes; c++) {
      double probability = Math.exp(scores[offset + c] - max) / total;
      scores[offset + c] = (float) (scale * (probability - (c == label ? 1 : 0)));
    }
    return loss;
  }
}
