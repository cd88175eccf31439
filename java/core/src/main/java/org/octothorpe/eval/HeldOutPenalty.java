package org.octothorpe.eval;

import java.util.Arrays;
import org.octothorpe.Device;
import org.octothorpe.random.Permutation;
import org.octothorpe.random.Philox;

/**
 * The choice of the penalty of a {@link LogisticRegression}: each candidate is fitted to four
 * fifths of the training vectors and measured on the rest; the test set is not looked at.
 */
public final class HeldOutPenalty {
  private static final double[] CANDIDATES = {0.001, 0.01, 0.1, 1, 10};
  private static final int HELD_OUT = 5;

  private HeldOutPenalty() {}

  /**
   * Returns the candidate of 0.001, 0.01, 0.1, 1 and 10 with the highest top-1 on the held-out
   * fifth; of equals the largest.
   *
   * @param device where the products run
   * @param x feature vectors [N,D]
   * @param labels classes [N], each in [0,K)
   * @param classes K
   * @param iterations iterations of each fit at most
   */
  public static double choose(Device device, float[] x, int[] labels, int classes, int iterations) {
    int count = labels.length;
    int width = x.length / count;
    int held = count / HELD_OUT;
    if (held == 0) {
      return LogisticRegression.DEFAULT_L2;
    }
    Permutation order = Permutation.of(count, Philox.of(0, "held-out fifth"));
    float[] shuffled = new float[x.length];
    int[] shuffledLabels = new int[count];
    for (int i = 0; i < count; i++) {
      int from = Math.toIntExact(order.at(i));
      System.arraycopy(x, from * width, shuffled, i * width, width);
      shuffledLabels[i] = labels[from];
    }
    float[] heldX = Arrays.copyOfRange(shuffled, 0, held * width);
    int[] heldLabels = Arrays.copyOfRange(shuffledLabels, 0, held);
    float[] fitX = Arrays.copyOfRange(shuffled, held * width, shuffled.length);
    int[] fitLabels = Arrays.copyOfRange(shuffledLabels, held, count);
    double best = LogisticRegression.DEFAULT_L2;
    double bestAccuracy = -1;
    for (double l2 : CANDIDATES) {
      LinearClassifier classifier =
          new LogisticRegression(l2, iterations).fit(device, fitX, fitLabels, classes);
      double accuracy = classifier.test(heldX, heldLabels).top(1);
      if (accuracy >= bestAccuracy) {
        bestAccuracy = accuracy;
        best = l2;
      }
    }
    return best;
  }
}
