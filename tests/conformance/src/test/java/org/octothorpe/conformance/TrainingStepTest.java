package org.octothorpe.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Shape;
import org.octothorpe.bindings.octothorpe;
import org.octothorpe.graph.ParameterSpec;
import org.octothorpe.models.Network;
import org.octothorpe.models.ResNeXt;
import org.octothorpe.models.Stem;
import org.octothorpe.train.Trainer;

/** A whole training step through the graph: every device agrees with the CPU. */
class TrainingStepTest {
  private static final int CLASSES = 11;
  private static final int BATCH = 4;
  private static final int SIZE = 20;
  private static final double LEARNING_RATE = 0.05;

  /** A stem with max pool, a stage with and one without a change of size, grouped and 1x1. */
  private static final ResNeXt NETWORK =
      new ResNeXt(List.of(1, 1), 8, 16, Stem.FULL, 16, List.of(16, 32), CLASSES);

  /** Convolutions with batch norm on the longest path: the stem and three a bottleneck. */
  private static final int LAYERS = 1 + 3 * 2;

  static Stream<Arguments> cases() {
    return Devices.names().stream()
        .filter(name -> !name.equals("cpu"))
        .flatMap(name -> Stream.of(DType.F32, DType.BF16).map(dtype -> Arguments.of(name, dtype)));
  }

  /**
   * Both devices compute what the exact step is but for rounding, so they differ by twice what one
   * is off by. One operation is off by e, relative L2: four roundoffs of F32 times the root of its
   * longest sum, 4 (32 channels) 9, and in BF16 the roundings of weights and output, 2^-8 each.
   * Errors of operations are independent: along the path forward (a convolution and a batch norm a
   * layer) they add to e sqrt(2 L), forward and back to e sqrt(4 L). A ReLU whose input is off by a
   * part d of its deviation takes the other side for d / pi of its values, whose halves of the
   * gradient's energy are then wrong: in BF16 the root of the sum over layers of 2 d / pi.
   */
  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("cases")
  void agreesWithTheCpu(String name, DType dtype) {
    Map<String, float[]> expected = step("cpu", dtype);
    Map<String, float[]> actual = step(name, dtype);
    double operation = 4 * 0x1p-24 * Math.sqrt(4 * 32 * 9) + (dtype == DType.BF16 ? 2 * 0x1p-8 : 0);
    double forward = 2 * operation * Math.sqrt(2 * LAYERS);
    double flipped = 0;
    for (int layer = 1; dtype == DType.BF16 && layer <= LAYERS; layer++) {
      flipped += 2 / Math.PI * operation * Math.sqrt(2 * layer);
    }
    double gradient = 2 * (operation * Math.sqrt(4 * LAYERS) + Math.sqrt(flipped));
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    for (String key : expected.keySet()) {
      double error = relative(key, expected, actual);
      double tolerance = key.startsWith("gradient of ") ? gradient : forward;
      assertThat(error).as(key).isLessThanOrEqualTo(tolerance);
    }
  }

  /** Two steps on two opened devices give the same bits: no sum depends on the order of threads. */
  @ParameterizedTest(name = "{0} {1}")
  @MethodSource("cases")
  void repeatsGiveTheSameBits(String name, DType dtype) {
    Map<String, float[]> first = step(name, dtype);
    step(name, dtype).forEach((key, values) -> assertThat(values).isEqualTo(first.get(key)));
  }

  private static double relative(
      String key, Map<String, float[]> expected, Map<String, float[]> actual) {
    float[] want = expected.get(key);
    float[] got = actual.get(key);
    if (want == null || got == null || want.length != got.length) {
      throw new AssertionError(key + " differs in length");
    }
    double error = 0;
    double norm = 0;
    for (int i = 0; i < want.length; i++) {
      error += Math.pow((double) got[i] - want[i], 2);
      norm += Math.pow(want[i], 2);
    }
    return Math.sqrt(error / Math.max(norm, Double.MIN_NORMAL));
  }

  /** Takes a step; returns losses, gradients, and the state after it. */
  private static Map<String, float[]> step(String name, DType dtype) {
    Shape input = Shape.nhwc(BATCH, SIZE, SIZE, 3);
    Map<String, float[]> results = new TreeMap<>();
    try (Device device = Device.open(name);
        Network network = NETWORK.on(device).initialize(3);
        Trainer trainer = Trainer.of(network, input, dtype)) {
      // As the network starts, the last batch norm of each block is 0 and its branch learns
      // nothing.
      for (ParameterSpec spec : network.parameters().specs()) {
        if (spec.key().endsWith("bn3.weight")) {
          float[] ones = new float[Math.toIntExact(spec.shape().elements())];
          java.util.Arrays.fill(ones, 1);
          network.parameters().value(spec.key()).copyFrom(ones);
        }
      }
      network.parameters().refreshCopies();
      SplittableRandom random = new SplittableRandom(5);
      float[] pixels = new float[Math.toIntExact(input.elements())];
      for (int i = 0; i < pixels.length; i++) {
        pixels[i] = (float) (random.nextDouble() * 4 - 2);
      }
      int[] labels = new int[Math.toIntExact(trainer.plan().labels().shape().elements())];
      for (int i = 0; i < 2 * BATCH; i++) {
        labels[i] = random.nextInt(CLASSES);
      }
      trainer.plan().input().copyFrom(pixels);
      trainer.plan().offsets().copyFrom(0, 2, 3, 5, 2 * BATCH);
      trainer.plan().labels().copyFrom(labels);
      long allocations = octothorpe.oct_allocation_count();
      trainer.step(LEARNING_RATE);
      assertThat(octothorpe.oct_allocation_count()).isEqualTo(allocations);
      results.put("losses", trainer.plan().losses().toFloats());
      for (ParameterSpec spec : network.parameters().specs()) {
        results.put(spec.key(), network.parameters().value(spec.key()).toFloats());
        if (spec.role().trained()) {
          results.put(
              "gradient of " + spec.key(), network.parameters().gradient(spec.key()).toFloats());
        }
      }
    }
    return results;
  }
}
