package org.octothorpe.eval;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.octothorpe.Device;
import org.octothorpe.random.Philox;

class HeldOutPenaltyTest {
  private static final int COUNT = 200;
  private static final int WIDTH = 60;

  /**
   * Two classes; the first feature tells them apart by `distance` deviations, the others are noise.
   */
  private static float[] vectors(int[] labels, double distance) {
    Philox random = Philox.of(4, "vectors");
    float[] x = new float[COUNT * WIDTH];
    for (int i = 0; i < COUNT; i++) {
      labels[i] = i % 2;
      for (int j = 0; j < WIDTH; j++) {
        x[i * WIDTH + j] = (float) random.nextGaussian();
      }
      x[i * WIDTH] += (float) (distance * labels[i]);
    }
    return x;
  }

  @Test
  void noiseWantsALargePenalty() {
    int[] labels = new int[COUNT];
    float[] x = vectors(labels, 1.5);
    try (Device device = Device.open("cpu")) {
      double chosen = HeldOutPenalty.choose(device, x, labels, 2, 200);
      assertThat(chosen).isGreaterThanOrEqualTo(0.1);
      assertThat(HeldOutPenalty.choose(device, x, labels, 2, 200)).isEqualTo(chosen);
    }
  }

  @Test
  void tooFewVectorsGetTheDefault() {
    int[] labels = {0, 1, 0, 1};
    try (Device device = Device.open("cpu")) {
      double chosen = HeldOutPenalty.choose(device, new float[4 * 3], labels, 2, 10);
      assertThat(chosen).isEqualTo(LogisticRegression.DEFAULT_L2);
    }
  }
}
