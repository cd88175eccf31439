package org.octothorpe.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.DeviceOptions;
import org.octothorpe.ops.SoftmaxCrossEntropy;
import org.octothorpe.oracle.NaiveSoftmax;

class SoftmaxCrossEntropyTest {
  private static final float SCALE = 0.125f;

  static Stream<Arguments> cases() {
    return Cases.spread("softmax_cross_entropy", 3);
  }

  @ParameterizedTest(name = "{0} {1} B={2} V={3} k={4}")
  @MethodSource("cases")
  void matchesDouble(String name, DType dtype, int b, int v, int k) {
    try (Device device = Device.open(name);
        LabelBatch batch = new LabelBatch(device, dtype, b, v, 1, k)) {
      check(batch, dtype);
    }
  }

  /** Runs the loss and compares loss and gradient with sums in double. */
  static void check(LabelBatch batch, DType dtype) {
    int v = batch.classes;
    batch.run(new SoftmaxCrossEntropy(SCALE)::forwardBackward);
    float[] logits = batch.logits.toFloats();
    float[] loss = batch.loss.toFloats();
    float[] gradient = batch.dlogits.toFloats();
    // An exponential is off by 16 * 2^-24 relative (the rounded difference of logits in [-8, 8))
    // and by 2^-22 of its own. A device sums
    // V of them in F32 in blocks; 2^-15 covers these and 500 additions in a row.
    double relative = 0x1p-15;
    for (int row = 0; row < batch.rows; row++) {
      float[] x = Arrays.copyOfRange(logits, row * v, (row + 1) * v);
      double[] counts = batch.counts(row);
      NaiveSoftmax naive = NaiveSoftmax.of(Workbench.doubles(x), counts);
      double expected = naive.loss();
      assertThat((double) loss[row]).isCloseTo(expected, within(relative + 0x1p-23 * expected));
      for (int i = 0; i < v; i++) {
        double target = naive.targets()[i];
        double g = SCALE * naive.gradient(i);
        // Each of the m occurrences of a label is subtracted on its own: m roundings.
        double tolerance =
            SCALE * (relative * naive.probabilities()[i] + (counts[i] + 2) * 0x1p-24 * target)
                + (dtype == DType.BF16 ? 0x1p-8 * Math.abs(g) : 0)
                + Float.MIN_NORMAL;
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
        LabelBatch batch = new LabelBatch(device, dtype, b, v, 1, k)) {
      batch.run(
          (logits, offsets, labels, loss, dlogits) ->
              new SoftmaxCrossEntropy(SCALE)
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
          LabelBatch batch = new LabelBatch(device, DType.F32, 3, 11, 1, 3)) {
        batch.run(new SoftmaxCrossEntropy(1)::forwardBackward);
        float[] gradient = batch.dlogits.toFloats();
        float[] at = batch.logits.toFloats();
        float h = 0x1p-5f;
        for (int i = 0; i < at.length; i++) {
          double difference = 0;
          for (int side = -1; side <= 1; side += 2) {
            float[] moved = at.clone();
            moved[i] += side * h;
            batch.logits.copyFrom(moved);
            batch.run(new SoftmaxCrossEntropy(1)::forwardBackward);
            difference += side * (double) batch.loss.toFloats()[i / 11];
          }
          // Truncation: h^2 / 6 times the third derivative, at most 0.1 for a softmax. Rounding:
          // two losses of at most 32 with 2^-22
          // relative, over 2 h; and moved[i] within 2^-21, over h.
          double tolerance = h * h / 6 * 0.1 + 2 * 32 * 0x1p-22 / (2 * h) + 0x1p-21 / h;
          assertThat(difference / (2 * h))
              .as("element %d", i)
              .isCloseTo(gradient[i], within(tolerance));
        }
      }
    }
  }

  @Test
  void infinityMasksOtherClassesAndIsAnInfiniteLossOnALabel() {
    for (String name : Devices.names()) {
      try (Device device = Device.open(name);
          LabelBatch batch = new LabelBatch(device, DType.F32, 2, 20, 1, 1)) {
        float[] logits = batch.logits.toFloats();
        int other = (batch.labels[0] + 1) % 20;
        logits[other] = Float.NEGATIVE_INFINITY;
        logits[20 + batch.labels[1]] = Float.NEGATIVE_INFINITY;
        batch.logits.copyFrom(logits);
        batch.run(new SoftmaxCrossEntropy(SCALE)::forwardBackward);
        float[] loss = batch.loss.toFloats();
        assertThat(loss[0]).isFinite();
        assertThat(batch.dlogits.toFloats()[other]).isZero();
        assertThat(loss[1]).isEqualTo(Float.POSITIVE_INFINITY);
        logits[other] = Float.NaN;
        batch.logits.copyFrom(logits);
        batch.run(new SoftmaxCrossEntropy(SCALE)::forwardBackward);
        assertThat(batch.loss.toFloats()[0]).isNaN();
      }
    }
  }

  @Test
  void refusesLabelsOutOfRange() {
    for (String name : Devices.names()) {
      try (Device device = Device.open(name);
          LabelBatch batch = new LabelBatch(device, DType.F32, 3, 10, 1, 2)) {
        batch.labels[batch.offsets[2]] = 10;
        batch.upload();
        batch.expectRefusal(
            new SoftmaxCrossEntropy(1)::forwardBackward,
            "softmax_cross_entropy",
            "row 2",
            "label 10",
            "[0,10)");
        batch.labels[batch.offsets[2]] = 9;
        batch.offsets[1] = 0;
        batch.upload();
        batch.expectRefusal(
            new SoftmaxCrossEntropy(1)::forwardBackward, "0 labels", "row 0", "at least 1");
      }
    }
  }
}
