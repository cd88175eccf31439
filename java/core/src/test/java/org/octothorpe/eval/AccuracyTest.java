package org.octothorpe.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class AccuracyTest {
  @Test
  void countsByHand() {
    Accuracy accuracy = new Accuracy(1, 2);
    accuracy.add(new float[] {0.1f, 0.7f, 0.2f}, 0, 3, 1); // first
    accuracy.add(new float[] {0.1f, 0.7f, 0.2f}, 0, 3, 2); // second
    accuracy.add(new float[] {9, 0.1f, 0.7f, 0.2f}, 1, 3, 0); // third, at offset 1
    assertThat(accuracy.images()).isEqualTo(3);
    assertThat(accuracy.top(1)).isEqualTo(1 / 3.0);
    assertThat(accuracy.top(2)).isEqualTo(2 / 3.0);
    assertThatThrownBy(() -> accuracy.top(3)).hasMessageContaining("top-3 was not counted");
  }

  @Test
  void tiesGoToTheSmallerClass() {
    float[] equal = {1, 1, 1};
    assertThat(Accuracy.rank(equal, 0, 3, 0)).isZero();
    assertThat(Accuracy.rank(equal, 0, 3, 2)).isEqualTo(2);
  }

  @Test
  void notANumberIsNeverRight() {
    Accuracy accuracy = new Accuracy(1, 5);
    accuracy.add(new float[] {Float.NaN, Float.NaN}, 0, 2, 0);
    assertThat(accuracy.top(1)).isZero();
    assertThat(accuracy.top(5)).isZero();
    accuracy.add(new float[] {Float.NaN, 0}, 0, 2, 1);
    assertThat(accuracy.top(1)).isZero();
    assertThat(accuracy.top(5)).isZero();
    assertThat(accuracy.images()).isEqualTo(2);
    float[] infinite = {Float.NEGATIVE_INFINITY, 0, Float.POSITIVE_INFINITY};
    assertThat(Accuracy.rank(infinite, 0, 3, 1)).isEqualTo(Integer.MAX_VALUE);
  }

  @Test
  void withoutImagesThereIsNoAccuracy() {
    assertThat(new Accuracy(1).top(1)).isNaN();
  }

  @Test
  void refusesLabelsOutOfRange() {
    assertThatThrownBy(() -> new Accuracy(1).add(new float[2], 0, 2, 2))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("label is 2, but must be in [0,2)");
    assertThatThrownBy(() -> new Accuracy(0)).hasMessage("k is 0, but must be >= 1");
  }

  @Test
  void aLowerBoundCountsFurtherImagesAsWrong() {
    Accuracy accuracy = new Accuracy(1, 2);
    accuracy.add(new float[] {1, 0, 0}, 0, 3, 0);
    accuracy.add(new float[] {0.5f, 1, 0}, 0, 3, 0);
    accuracy.addWrong(2);
    assertThat(accuracy.images()).isEqualTo(4);
    assertThat(accuracy.top(1)).isEqualTo(0.25);
    assertThat(accuracy.top(2)).isEqualTo(0.5);
    assertThatThrownBy(() -> accuracy.addWrong(-1)).hasMessage("count is -1, but must be >= 0");
  }
}
