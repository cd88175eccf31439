package org.octothorpe.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class MultiLabelMetricsTest {
  // A handful of additions and divisions in double.
  private static final double ROUNDING = 1e-14;

  @Test
  void averagePrecisionByHand() {
    // Sorted: + - + -; precision 1/1 at recall 1/2, 2/3 at recall 1.
    float[] scores = {0.2f, 0.9f, 0.5f, 0.7f};
    boolean[] positive = {false, true, true, false};
    assertThat(MultiLabelMetrics.averagePrecision(scores, positive))
        .isCloseTo(0.5 * 1 + 0.5 * 2 / 3, within(ROUNDING));
  }

  @Test
  void averagePrecisionAsScikitLearnsExample() {
    // sklearn.metrics.average_precision_score([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]) = 0.8333...
    assertThat(
            MultiLabelMetrics.averagePrecision(
                new float[] {0.1f, 0.4f, 0.35f, 0.8f}, new boolean[] {false, false, true, true}))
        .isCloseTo(5 / 6.0, within(ROUNDING));
  }

  @Test
  void equalScoresShareAThreshold() {
    // All tie: one threshold, precision 1/4 at recall 1, whatever the order of the images.
    for (int i = 0; i < 4; i++) {
      boolean[] positive = new boolean[4];
      positive[i] = true;
      assertThat(MultiLabelMetrics.averagePrecision(new float[] {0, -0f, 0, 0}, positive))
          .isEqualTo(0.25);
    }
  }

  @Test
  void ordersNegativeScoresAndNeverFindsNan() {
    float[] scores = {Float.NaN, -5, -1, 3};
    assertThat(
            MultiLabelMetrics.averagePrecision(scores, new boolean[] {true, false, false, false}))
        .isZero();
    assertThat(MultiLabelMetrics.averagePrecision(scores, new boolean[] {true, false, true, false}))
        .isEqualTo(0.25);
    assertThat(
            MultiLabelMetrics.averagePrecision(scores, new boolean[] {false, false, true, false}))
        .isEqualTo(0.5);
    assertThat(MultiLabelMetrics.averagePrecision(scores, new boolean[4])).isNaN();
  }

  @Test
  void anImageWithNanHasNoHit() {
    float[] scores = {Float.NaN, 1, 3, 2};
    int[] offsets = {0, 1, 2};
    int[] labels = {1, 0};
    assertThat(MultiLabelMetrics.precisionAt(1, scores, 2, offsets, labels)).isEqualTo(0.5);
    assertThat(MultiLabelMetrics.precisionAt(2, scores, 2, offsets, labels)).isEqualTo(0.25);
  }

  @Test
  void meanOverClassesThatOccur() {
    // Class 0: positive image 0 ranks first: 1. Class 1: positive image 1 ranks second: 1/2.
    float[] scores = {0.9f, 0.8f, 0.1f, 0.1f, 0.5f, 0.7f};
    int[] offsets = {0, 1, 2};
    int[] labels = {0, 1};
    assertThat(MultiLabelMetrics.meanAveragePrecision(scores, 3, offsets, labels)).isEqualTo(0.75);
    assertThat(MultiLabelMetrics.meanAveragePrecision(scores, 3, new int[] {0, 0, 0}, new int[] {}))
        .isNaN();
  }

  @Test
  void precisionByHand() {
    float[] scores = {
      0.9f, 0.8f, 0.1f, //
      0.1f, 0.5f, 0.7f, //
      0.3f, 0.2f, 0.1f
    };
    int[] offsets = {0, 2, 3, 3};
    int[] labels = {0, 2, 2};
    // At 1: image 0 hits 0, image 1 hits 2; image 2 has no tag. At 2: 1/2 and 1/2.
    assertThat(MultiLabelMetrics.precisionAt(1, scores, 3, offsets, labels)).isEqualTo(1);
    assertThat(MultiLabelMetrics.precisionAt(2, scores, 3, offsets, labels)).isEqualTo(0.5);
    // At 3: 2/3 and 1/3.
    assertThat(MultiLabelMetrics.precisionAt(3, scores, 3, offsets, labels))
        .isCloseTo(0.5, within(ROUNDING));
  }

  @Test
  void aTagThatIsWrittenTwiceCountsOnce() {
    assertThat(
            MultiLabelMetrics.precisionAt(
                2, new float[] {2, 1, 0}, 3, new int[] {0, 2}, new int[] {0, 0}))
        .isEqualTo(0.5);
  }

  @Test
  void refusesWhatDoesNotFit() {
    assertThatThrownBy(
            () ->
                MultiLabelMetrics.precisionAt(4, new float[3], 3, new int[] {0, 1}, new int[] {0}))
        .hasMessage("k is 4, but must be in [1,3]");
    assertThatThrownBy(
            () ->
                MultiLabelMetrics.meanAveragePrecision(
                    new float[3], 3, new int[] {0, 1}, new int[] {3}))
        .hasMessage("label is 3, but must be in [0,3)");
    assertThatThrownBy(
            () ->
                MultiLabelMetrics.meanAveragePrecision(
                    new float[4], 3, new int[] {0, 1}, new int[] {0}))
        .hasMessageStartingWith("4 scores, but 1 images of 3 classes have 3");
  }
}
