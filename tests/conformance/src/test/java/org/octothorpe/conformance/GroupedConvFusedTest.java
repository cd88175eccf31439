package org.octothorpe.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.octothorpe.Call;
import org.octothorpe.DType;
import org.octothorpe.OctothorpeException;
import org.octothorpe.Shape;
import org.octothorpe.Status;
import org.octothorpe.Tensor;
import org.octothorpe.ops.GroupedConv;
import org.octothorpe.oracle.Sums;

/** The convolution between two batch normalizations, on the devices that have it. */
class GroupedConvFusedTest {
  /** Groups of 1, 3, 4, 8, 16, 17 and 32 channels, 1x1 and 3x3, strides, tails; the real widths. */
  static final List<GroupedConvLayer> LAYERS =
      List.of(
          layer(1, 1, 1, 1, 1, 1, 1, 1),
          layer(2, 5, 7, 15, 15, 5, 3, 1),
          layer(2, 6, 5, 32, 32, 8, 3, 1),
          layer(1, 7, 9, 64, 64, 8, 3, 2),
          layer(1, 4, 9, 64, 64, 4, 3, 1),
          layer(1, 3, 5, 17, 34, 1, 3, 1),
          layer(2, 5, 5, 32, 48, 1, 1, 1),
          layer(2, 5, 5, 24, 16, 1, 1, 2),
          layer(1, 9, 8, 64, 128, 1, 1, 1),
          layer(1, 4, 9, 64, 64, 2, 3, 1),
          layer(1, 4, 5, 128, 128, 1, 3, 1),
          layer(1, 14, 14, 128, 128, 32, 3, 1));

  private static GroupedConvLayer layer(
      int n, int h, int w, int c, int k, int groups, int filter, int stride) {
    GroupedConv conv = GroupedConv.of(groups, stride, filter / 2);
    return new GroupedConvLayer(n, h, w, c, k, filter, filter, conv);
  }

  static Stream<Arguments> cases() {
    return Devices.names().stream()
        .filter(name -> !name.equals("cpu"))
        .flatMap(
            name ->
                Stream.of(DType.F32, DType.BF16)
                    .flatMap(
                        dtype -> LAYERS.stream().map(layer -> Arguments.of(name, dtype, layer))));
  }

  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("cases")
  void everyPartMatchesSumsInDouble(String name, DType dtype, GroupedConvLayer layer) {
    try (Workbench on = new Workbench(name, 1)) {
      check(on, dtype, layer, true);
    }
    try (Workbench on = new Workbench(name, 1)) {
      check(on, dtype, layer, false);
    }
  }

  /** Without prologue and moments it is the plain convolution. */
  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("cases")
  void aloneItIsTheConvolution(String name, DType dtype, GroupedConvLayer layer) {
    try (Workbench on = new Workbench(name, 1)) {
      Tensor x = on.random(dtype, layer.x(), 1, -1, 1);
      Tensor weight = on.random(dtype, layer.weight(), 2, -1, 1);
      Tensor y = on.empty(dtype, layer.y());
      Workbench.run(layer.conv().forwardFused(x, null, weight, null, y, null));
      double[] xs = Workbench.doubles(x);
      Workbench.check("y", layer.naive().forward(xs, Workbench.doubles(weight), null), y);
    }
  }

  /** Two runs give the same bits. */
  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("cases")
  void repeatsGiveTheSameBits(String name, DType dtype, GroupedConvLayer layer) {
    List<float[]> results = new ArrayList<>();
    for (int run = 0; run < 2; run++) {
      try (Workbench on = new Workbench(name, 1 + run)) {
        results.add(check(on, dtype, layer, true));
      }
    }
    assertThat(results.get(1)).isEqualTo(results.get(0));
  }

  @Test
  void theCpuHasNone() {
    GroupedConvLayer layer = layer(1, 3, 3, 8, 8, 2, 3, 1);
    try (Workbench on = new Workbench("cpu", 1)) {
      Tensor x = on.empty(DType.F32, layer.x());
      Tensor weight = on.empty(DType.F32, layer.weight());
      Tensor y = on.empty(DType.F32, layer.y());
      assertThatThrownBy(() -> layer.conv().forwardFused(x, null, weight, null, y, null))
          .isInstanceOfSatisfying(
              OctothorpeException.class, e -> assertThat(e.status()).isEqualTo(Status.UNSUPPORTED))
          .hasMessageContainingAll("grouped_conv_forward_fused", "cpu has no kernel");
      try (Call plain = layer.conv().forward(x, weight, null, y)) {
        assertThat(plain.workspaceBytes()).isNotNegative();
      }
    }
  }

  @Test
  void refusesWithTheReason() {
    GroupedConvLayer layer = layer(1, 3, 3, 8, 8, 2, 3, 1);
    try (Workbench on = new Workbench("emulated", 1)) {
      Tensor x = on.empty(DType.F32, layer.x());
      Tensor weight = on.empty(DType.F32, layer.weight());
      Tensor y = on.empty(DType.F32, layer.y());
      Tensor seven = on.empty(DType.F32, Shape.of(7));
      Tensor eight = on.empty(DType.F32, Shape.of(8));
      GroupedConv.Prologue narrow = new GroupedConv.Prologue(eight, seven, true);
      assertThatThrownBy(() -> layer.conv().forwardFused(x, narrow, weight, null, y, null))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("grouped_conv_forward_fused", "input_shift", "7", "8");
      GroupedConv.Moments same = new GroupedConv.Moments(eight, eight);
      assertThatThrownBy(
              () -> Workbench.run(layer.conv().forwardFused(x, null, weight, null, y, same)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("grouped_conv_forward_fused", "y_mean", "y_variance");
    }
  }

  /**
   * Runs the convolution with everything fused, compares it with sums in double, and returns y,
   * means and variances.
   *
   * <p>Pixels and shifts are multiples of 1/8 below 1 and scales are powers of two, so that what
   * the prologue makes is exact in BF16 too, and every difference is the convolution's. A bias of
   * 100 puts the means far from the deviations.
   */
  static float[] check(Workbench on, DType dtype, GroupedConvLayer layer, boolean relu) {
    Tensor x = on.of(dtype, layer.x(), eighths(count(layer.x()), 1));
    Tensor weight = on.random(dtype, layer.weight(), 2, -1, 1);
    float[] scales = new float[layer.c()];
    float[] biases = new float[layer.k()];
    for (int c = 0; c < scales.length; c++) {
      scales[c] = new float[] {0.5f, 1, -1, 2}[c % 4];
    }
    for (int k = 0; k < biases.length; k++) {
      biases[k] = k % 5 == 3 ? 100 : 0.25f * (k % 3);
    }
    Tensor scale = on.of(DType.F32, Shape.of(layer.c()), scales);
    Tensor shift = on.of(DType.F32, Shape.of(layer.c()), eighths(layer.c(), 3));
    Tensor bias = on.of(DType.F32, Shape.of(layer.k()), biases);
    Tensor y = on.empty(dtype, layer.y());
    Tensor mean = on.empty(DType.F32, Shape.of(layer.k()));
    Tensor variance = on.empty(DType.F32, Shape.of(layer.k()));
    GroupedConv.Prologue prologue = new GroupedConv.Prologue(scale, shift, relu);
    GroupedConv.Moments moments = new GroupedConv.Moments(mean, variance);
    Workbench.run(layer.conv().forwardFused(x, prologue, weight, bias, y, moments));
    float[] input = x.toFloats();
    float[] shifts = shift.toFloats();
    for (int i = 0; i < input.length; i++) {
      int c = i % layer.c();
      float normal = input[i] * scales[c] + shifts[c];
      input[i] = relu ? Math.max(normal, 0) : normal;
    }
    Sums sums =
        layer
            .naive()
            .forward(
                Workbench.doubles(input), Workbench.doubles(weight), Workbench.doubles(biases));
    Workbench.check("y", sums, y);
    checkMoments(layer.k(), y.toFloats(), mean.toFloats(), variance.toFloats());
    float[] all = new float[count(layer.y()) + 2 * layer.k()];
    System.arraycopy(y.toFloats(), 0, all, 0, count(layer.y()));
    System.arraycopy(mean.toFloats(), 0, all, count(layer.y()), layer.k());
    System.arraycopy(variance.toFloats(), 0, all, count(layer.y()) + layer.k(), layer.k());
    return all;
  }

  /**
   * Mean and variance of n values v that are taken as distances from one of them: sums of n terms
   * of the size of the spread, each off by n 2^-24 of it, and the mean's own rounding. An error m
   * of the mean adds m^2 to the variance.
   */
  private static void checkMoments(int channels, float[] y, float[] means, float[] variances) {
    int n = y.length / channels;
    for (int k = 0; k < channels; k++) {
      double sum = 0;
      for (int i = 0; i < n; i++) {
        sum += y[i * channels + k];
      }
      double mean = sum / n;
      double squares = 0;
      double spread = 0;
      for (int i = 0; i < n; i++) {
        double distance = y[i * channels + k] - mean;
        squares += distance * distance;
        spread = Math.max(spread, Math.abs(distance));
      }
      double sums = (n + 4) * 0x1p-24;
      double meanTolerance = 2 * sums * spread + 3 * 0x1p-24 * Math.abs(mean);
      Workbench.near("mean", k, mean, means[k], meanTolerance);
      Workbench.near(
          "variance",
          k,
          squares / n,
          variances[k],
          4 * sums * squares / n + meanTolerance * meanTolerance + 4 * sums * spread * spread / n);
    }
  }

  /** Returns multiples of 1/8 in [-1, 1). */
  private static float[] eighths(int count, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (random.nextInt(16) - 8) / 8f;
    }
    return values;
  }

  private static int count(Shape shape) {
    return Math.toIntExact(shape.elements());
  }
}
