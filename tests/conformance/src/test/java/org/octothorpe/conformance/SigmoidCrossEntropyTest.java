package org.octothorpe.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.DeviceOptions;
import org.octothorpe.ops.SigmoidCrossEntropy;

class SigmoidCrossEntropyTest {
  private static final float SCALE = 0.125f;

  static Stream<Arguments> cases() {
    return Cases.spread("sigmoid_cross_entropy", 3);
  }

  @ParameterizedTest(name = "{0} {1} B={2} V={3} k={4}")
  @MethodSource("cases")
  void matchesDouble(String name, DType dtype, int b, int v, int k) {
    try (Device device = Device.open(name);
        LabelBatch batch = new LabelBatch(device, dtype, b, v, 0, k)) {
      batch.run(new SigmoidCrossEntropy(SCALE)::forwardBackward);
      float[] logits = batch.logits.toFloats();
      float[] loss = batch.loss.toFloats();
      float[] gradient = batch.dlogits.toFloats();
      for (int row = 0; row < b; row++) {
        double[] counts = batch.counts(row);
        double expected = 0;
        for (int i = 0; i < v; i++) {
          double x = logits[row * v + i];
          // Both are written so that a label's term is not a difference of large numbers.
          double z = counts[i] > 0 ? -x : x;
          expected += Math.log1p(Math.exp(-Math.abs(z))) + Math.max(z, 0);
          double g = SCALE / (1 + Math.exp(-z)) * (counts[i] > 0 ? -1 : 1);
          // An exponential (2^-22), a sum, a quotient and two products (2^-24 each), relative; BF16
          // is then rounded to 8 bits.
          double tolerance = (0x1p-20 + (dtype == DType.BF16 ? 0x1p-8 : 0)) * Math.abs(g);
          double error = Math.abs(gradient[row * v + i] - g);
          if (!(error <= tolerance)) {
            throw new AssertionError(
                "dlogits["
                    + row
                    + ","
                    + i
                    + "] is "
                    + gradient[row * v + i]
                    + ", expected "
                    + g
                    + " +- "
                    + tolerance);
          }
        }
        // All terms are positive: 2^-20 relative each, and fewer than 600 F32 additions in a row.
        assertThat((double) loss[row])
            .isCloseTo(expected, within(expected * (0x1p-20 + 600 * 0x1p-24)));
      }
    }
  }

  @ParameterizedTest(name = "{0} {1} B={2} V={3} k={4}")
  @MethodSource("cases")
  void anyNumberOfThreadsAndInPlaceGiveTheSameBits(String name, DType dtype, int b, int v, int k) {
    float[][] one = run(name, 1, dtype, b, v, k, false);
    assertThat(run(name, 2, dtype, b, v, k, false)).isDeepEqualTo(one);
    assertThat(run(name, 2, dtype, b, v, k, true)).isDeepEqualTo(one);
  }

  private static float[][] run(
      String name, int threads, DType dtype, int b, int v, int k, boolean inPlace) {
    try (Device device = Device.open(name, new DeviceOptions(threads, false));
        LabelBatch batch = new LabelBatch(device, dtype, b, v, 0, k)) {
      batch.run(
          (logits, offsets, labels, loss, dlogits) ->
              new SigmoidCrossEntropy(SCALE)
                  .forwardBackward(logits, offsets, labels, loss, inPlace ? logits : dlogits));
      return new float[][] {
        batch.loss.toFloats(), (inPlace ? batch.logits : batch.dlogits).toFloats()
      };
    }
  }

  @Test
  void theGradientIsAFiniteDifference() {
    for (String name : Devices.names()) {
      try (Device device = Device.open(name);
          LabelBatch batch = new LabelBatch(device, DType.F32, 3, 11, 0, 3)) {
        batch.run(new SigmoidCrossEntropy(1)::forwardBackward);
        float[] gradient = batch.dlogits.toFloats();
        float[] at = batch.logits.toFloats();
        float h = 0x1p-5f;
        for (int i = 0; i < at.length; i++) {
          double difference = 0;
          for (int side = -1; side <= 1; side += 2) {
            float[] moved = at.clone();
            moved[i] += side * h;
            batch.logits.copyFrom(moved);
            batch.run(new SigmoidCrossEntropy(1)::forwardBackward);
            difference += side * (double) batch.loss.toFloats()[i / 11];
          }
          // Truncation: h^2 / 6 times the third derivative, at most 0.1 for a sigmoid. Rounding:
          // two losses of at most 128 with 2^-20
          // relative, over 2 h; and moved[i] within 2^-21, over h.
          double tolerance = h * h / 6 * 0.1 + 2 * 128 * 0x1p-20 / (2 * h) + 0x1p-21 / h;
          assertThat(difference / (2 * h))
              .as("element %d", i)
              .isCloseTo(gradient[i], within(tolerance));
        }
      }
    }
  }

  @Test
  void extremeLogitsNeitherOverflowNorCancel() {
    for (String name : Devices.names()) {
      try (Device device = Device.open(name);
          LabelBatch batch = new LabelBatch(device, DType.F32, 1, 4, 0, 1)) {
        batch.labels[0] = 0;
        batch.upload();
        batch.logits.copyFrom(new float[] {3e38f, -3e38f, -50, Float.NEGATIVE_INFINITY});
        batch.run(new SigmoidCrossEntropy(1)::forwardBackward);
        // Only the class at -50 costs anything: e^-50, to 2 units in the last place.
        assertThat((double) batch.loss.toFloats()[0])
            .isCloseTo(Math.exp(-50), within(Math.exp(-50) * 0x1p-20));
        assertThat(batch.dlogits.toFloats()[0]).isZero();
        assertThat(batch.dlogits.toFloats()[3]).isZero();
      }
    }
  }

  @Test
  void refusesLabelsOutOfRange() {
    for (String name : Devices.names()) {
      try (Device device = Device.open(name);
          LabelBatch batch = new LabelBatch(device, DType.F32, 2, 10, 0, 1)) {
        batch.labels[0] = -1;
        batch.upload();
        batch.expectRefusal(
            new SigmoidCrossEntropy(1)::forwardBackward,
            "sigmoid_cross_entropy",
            "row 1",
            "label -1",
            "[0,10)");
      }
    }
  }
}
