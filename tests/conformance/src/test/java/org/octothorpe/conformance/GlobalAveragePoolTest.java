package org.octothorpe.conformance;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.octothorpe.DType;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.ops.GlobalAveragePool;
import org.octothorpe.oracle.NaivePool;
import org.octothorpe.oracle.Sums;

class GlobalAveragePoolTest {
  static Stream<Arguments> cases() {
    return Cases.of("global_average_pool");
  }

  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("cases")
  void matchesMeansInDouble(String name, DType dtype, int[] line) {
    Shape maps = Workbench.nhwc(line);
    int channels = line[3];
    int pixels = line[1] * line[2];
    Shape means = Shape.of(line[0], channels);
    try (Workbench on = new Workbench(name, 2)) {
      Tensor x = on.random(dtype, maps, 1, -1, 1);
      Tensor dy = on.random(dtype, means, 2, -1, 1);
      Tensor y = on.empty(dtype, means);
      Tensor dx = on.empty(dtype, maps);
      Workbench.run(GlobalAveragePool.forward(x, y));
      Workbench.run(GlobalAveragePool.backward(dy, dx));
      Sums sums = NaivePool.sums(maps, Workbench.doubles(x));
      float[] gradients = dy.toFloats();
      float[] spread = dx.toFloats();
      for (int i = 0; i < spread.length; i++) {
        int from = i / (pixels * channels) * channels + i % channels;
        double part = (double) gradients[from] / pixels;
        // the quotient is rounded to F32 and to the type
        Workbench.near(
            "dx", i, part, spread[i], (0x1p-24 + Workbench.rounding(dtype)) * Math.abs(part));
      }
      float[] actual = y.toFloats();
      for (int i = 0; i < actual.length; i++) {
        double mean = sums.value[i] / pixels;
        // H W additions and a quotient in F32, each off by 2^-24 of the magnitudes' sum at most
        double tolerance =
            (pixels + 1) * 0x1p-24 * sums.magnitude[i] / pixels
                + Workbench.rounding(dtype) * Math.abs(mean);
        Workbench.near("y", i, mean, actual[i], tolerance);
      }
    }
  }

  /** y is linear in x, so a step of 1 along any direction has no truncation error. */
  @Test
  void gradientIsAFiniteDifference() {
    Shape maps = Shape.nhwc(2, 3, 5, 7);
    Shape means = Shape.of(2, 7);
    for (String name : Devices.names()) {
      try (Workbench on = new Workbench(name, 1)) {
        Tensor x = on.random(DType.F32, maps, 1, -1, 1);
        Tensor step = on.random(DType.F32, maps, 2, -1, 1);
        Tensor dy = on.random(DType.F32, means, 3, -1, 1);
        Tensor y = on.empty(DType.F32, means);
        Tensor dx = on.empty(DType.F32, maps);
        Workbench.run(GlobalAveragePool.backward(dy, dx));
        Workbench.run(GlobalAveragePool.forward(x, y));
        double before = Workbench.dot(y.toFloats(), dy.toFloats());
        float[] moved = x.toFloats();
        float[] by = step.toFloats();
        for (int i = 0; i < moved.length; i++) {
          moved[i] += by[i];
        }
        x.copyFrom(moved);
        Workbench.run(GlobalAveragePool.forward(x, y));
        double after = Workbench.dot(y.toFloats(), dy.toFloats());
        // 14 means of at most 2 in size, each with 17 roundings; twice, and the moved inputs' own
        Workbench.near(
            "difference",
            0,
            Workbench.dot(dx.toFloats(), by),
            after - before,
            14 * 2 * 2 * 18 * 0x1p-24);
      }
    }
  }

  @Test
  void refusesWithTheReason() {
    try (Workbench on = new Workbench("cpu", 1)) {
      Tensor x = on.empty(DType.F32, Shape.nhwc(1, 2, 2, 3));
      Tensor y = on.empty(DType.F32, Shape.of(1, 4));
      assertThatThrownBy(() -> GlobalAveragePool.forward(x, y))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("global_average_pool_forward", "y", "[1,4]", "axis 1 must be 3");
    }
  }
}
