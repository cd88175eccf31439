package org.octothorpe.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.octothorpe.DType;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.ops.MaxPool;
import org.octothorpe.oracle.NaivePool;
import org.octothorpe.oracle.Sums;

class MaxPoolTest {
  static Stream<Arguments> cases() {
    return Cases.of("max_pool");
  }

  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("cases")
  void matchesTheDefinition(String name, DType dtype, int[] line) {
    try (Workbench on = new Workbench(name, 2)) {
      // Below zero, so that padding would win if it counted; many ties.
      Tensor x = on.empty(dtype, Workbench.nhwc(line));
      float[] values = new float[Math.toIntExact(x.shape().elements())];
      SplittableRandom random = new SplittableRandom(5);
      for (int i = 0; i < values.length; i++) {
        values[i] = -1 - random.nextInt(6);
      }
      x.copyFrom(values);
      expectDefinition(on, line, x);
    }
  }

  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("cases")
  void notANumberWins(String name, DType dtype, int[] line) {
    try (Workbench on = new Workbench(name, 2)) {
      Tensor x = on.random(dtype, Workbench.nhwc(line), 6, 0, 1);
      float[] values = x.toFloats();
      for (int i = 0; i < values.length; i++) {
        values[i] = values[i] < 0.1f ? Float.NaN : values[i] < 0.3f ? Float.POSITIVE_INFINITY : 1;
      }
      x.copyFrom(values);
      expectDefinition(on, line, x);
    }
  }

  private static void expectDefinition(Workbench on, int[] line, Tensor x) {
    MaxPool pool = new MaxPool(line[4], line[5], line[6]);
    Shape pooled = pool.outputShape(x.shape());
    Tensor y = on.empty(x.dtype(), pooled);
    Tensor index = on.empty(DType.U8, pooled);
    Tensor dy = on.random(x.dtype(), pooled, 7, -1, 1);
    Tensor dx = on.empty(x.dtype(), x.shape());
    Workbench.run(pool.forward(x, y, index));
    Workbench.run(pool.backward(dy, index, dx));
    NaivePool naive = new NaivePool(pool, x.shape(), Workbench.doubles(x));
    Sums sums = naive.backward(Workbench.doubles(dy));
    assertThat(Workbench.doubles(y)).isEqualTo(naive.y);
    assertThat(index.toBytes()).isEqualTo(naive.places);
    float[] actual = dx.toFloats();
    int windows = line[4] * line[4]; // at most so many terms, added in F32
    for (int i = 0; i < actual.length; i++) {
      double tolerance =
          windows * 0x1p-24 * sums.magnitude[i]
              + Workbench.rounding(x.dtype()) * Math.abs(sums.value[i]);
      Workbench.near("dx", i, sums.value[i], actual[i], tolerance);
    }
  }

  /** All values are 1 apart, so steps below 1/2 move no winner and y is linear along them. */
  @Test
  void gradientIsAFiniteDifference() {
    int[] line = {2, 6, 5, 3, 3, 2, 1};
    MaxPool pool = new MaxPool(3, 2, 1);
    for (String name : Devices.names()) {
      try (Workbench on = new Workbench(name, 1)) {
        Tensor step = on.random(DType.F32, Workbench.nhwc(line), 1, -0.5, 0.5);
        float[] by = step.toFloats();
        float[] up = new float[by.length];
        float[] down = new float[by.length];
        for (int i = 0; i < by.length; i++) {
          by[i] = Math.round(by[i] * 128) / 256f; // at most 1/4, exact beside the values
          float value = i * 71 % by.length;
          up[i] = value + by[i];
          down[i] = value - by[i];
        }
        Tensor index = on.empty(DType.U8, pool.outputShape(step.shape()));
        Tensor above = on.empty(DType.F32, pool.outputShape(step.shape()));
        Tensor below = on.empty(DType.F32, pool.outputShape(step.shape()));
        Tensor dy = on.random(DType.F32, pool.outputShape(step.shape()), 2, -1, 1);
        Tensor dx = on.empty(DType.F32, step.shape());
        Workbench.run(pool.forward(on.of(DType.F32, step.shape(), up), above, index));
        Workbench.run(pool.forward(on.of(DType.F32, step.shape(), down), below, null));
        Workbench.run(pool.backward(dy, index, dx));
        double difference =
            (Workbench.dot(above.toFloats(), dy.toFloats())
                    - Workbench.dot(below.toFloats(), dy.toFloats()))
                / 2;
        // y and the steps are exact, so only dx is rounded: 180 sums of at most 4 terms below 1,
        // times steps of at most 1/4; the dot products in double add 2^-53 of sums below 2^15
        Workbench.near(
            "difference",
            0,
            Workbench.dot(dx.toFloats(), by),
            difference,
            180 * 3 * 4 * 0x1p-24 / 4 + 0x1p-30);
      }
    }
  }

  @Test
  void refusesWithTheReason() {
    try (Workbench on = new Workbench("cpu", 1)) {
      Tensor x = on.empty(DType.F32, Shape.nhwc(1, 8, 8, 3));
      Tensor y = on.empty(DType.F32, Shape.nhwc(1, 4, 4, 3));
      assertThatThrownBy(() -> new MaxPool(16, 2, 1).forward(x, y, null))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("max_pool_forward", "kernel is 16", "[1,15]");
      assertThatThrownBy(() -> new MaxPool(3, 1, 1).forward(x, y, null))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("axis 1 must be 8");
    }
  }
}
