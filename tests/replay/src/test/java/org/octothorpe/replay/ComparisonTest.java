package org.octothorpe.replay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ComparisonTest {
  @Test
  void measuresByHand() {
    // Errors 0 and 0.5 against (3, 4), of norm 5.
    Comparison c = Comparison.of("t", new double[] {3, 4}, new float[] {3, 4.5f}, 0.11);
    assertThat(c.relativeError()).isCloseTo(0.1, within(1e-15));
    assertThat(c.largestError()).isEqualTo(0.5);
    assertThat(c.pass()).isTrue();
    assertThat(Comparison.of("t", new double[] {3, 4}, new float[] {3, 4.5f}, 0.09).pass())
        .isFalse();
  }

  @Test
  void notANumberNeverPasses() {
    assertThat(Comparison.of("t", new double[] {1}, new float[] {Float.NaN}, 9).pass()).isFalse();
    assertThat(Comparison.of("t", new double[] {Double.NaN}, new float[] {Float.NaN}, 9).pass())
        .isFalse();
    assertThat(
            Comparison.of("t", new double[] {1}, new float[] {Float.POSITIVE_INFINITY}, 9).pass())
        .isFalse();
  }

  @Test
  void equalInfinitiesPass() {
    double[] expected = {Double.NEGATIVE_INFINITY, 2};
    assertThat(Comparison.of("t", expected, new float[] {Float.NEGATIVE_INFINITY, 2}, 0).pass())
        .isTrue();
  }

  @Test
  void toleranceZeroAsksForEqualValues() {
    assertThat(Comparison.of("t", new double[] {1, 0}, new float[] {1, -0f}, 0).pass()).isTrue();
    assertThat(Comparison.of("t", new double[] {1, 0}, new float[] {Math.nextUp(1f), 0}, 0).pass())
        .isFalse();
  }

  @Test
  void oneWrongElementInManyFails() {
    double[] expected = new double[100_000];
    Arrays.fill(expected, 1);
    float[] actual = new float[expected.length];
    Arrays.fill(actual, 1);
    actual[5] = 0;
    Comparison c = Comparison.of("t", expected, actual, 0.01);
    assertThat(c.relativeError()).isLessThan(c.tolerance());
    assertThat(c.pass()).isFalse();
  }

  @Test
  void nothingExpectedMeasuresTheErrorItself() {
    assertThat(Comparison.of("t", new double[2], new float[] {3, 4}, 1).relativeError())
        .isEqualTo(5);
  }

  @Test
  void theFloorIsWhatErrorsMayBeHoweverSmallTheValuesAre() {
    double[] nothing = {0, 0};
    assertThat(Comparison.of("t", nothing, new float[] {3e-7f, -4e-7f}, 0, 3.6e-7).pass()).isTrue();
    assertThat(Comparison.of("t", nothing, new float[] {3e-7f, -4e-7f}, 0, 3.5e-7).pass())
        .isFalse();
    // The report has it as a part of the values' norm, here 5e-6: 4e-7 sqrt(2) / 5e-6.
    double[] little = {3e-6, 4e-6};
    Comparison c = Comparison.of("t", little, new float[] {3.3e-6f, 4e-6f}, 1e-6, 4e-7);
    assertThat(c.pass()).isTrue();
    assertThat(c.tolerance()).isCloseTo(0.113, within(1e-3));
    // Where values are large the tolerance counts.
    assertThat(Comparison.of("t", new double[] {3, 4}, new float[] {3, 4}, 1e-6, 4e-7).tolerance())
        .isEqualTo(1e-6);
  }

  @Test
  void theFloorHidesNoElementThatIsWrong() {
    double[] expected = new double[100_000];
    float[] actual = new float[expected.length];
    actual[5] = 9e-7f;
    Comparison c = Comparison.of("t", expected, actual, 0, 1e-7);
    assertThat(c.relativeError()).isLessThan(c.tolerance());
    assertThat(c.pass()).isFalse();
  }

  @Test
  void refusesAnotherLength() {
    assertThatThrownBy(() -> Comparison.of("t", new double[2], new float[3], 1))
        .hasMessage("t has 3 values, but 2 are expected");
  }
}
