package org.octothorpe.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.octothorpe.DType;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.ops.Relu;

class ReluTest {
  static Stream<Arguments> cases() {
    return Cases.of("relu");
  }

  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("cases")
  void isTheMaximumWithZeroAndItsMask(String name, DType dtype, int[] line) {
    Shape shape = Workbench.nhwc(line);
    try (Workbench on = new Workbench(name, 2)) {
      Tensor x = on.random(dtype, shape, 1, -1, 1);
      Tensor dy = on.random(dtype, shape, 2, -1, 1);
      Tensor y = on.empty(dtype, shape);
      Tensor dx = on.empty(dtype, shape);
      Workbench.run(Relu.forward(x, y));
      Workbench.run(Relu.backward(y, dy, dx));
      float[] input = x.toFloats();
      float[] gradient = dy.toFloats();
      float[] output = new float[input.length];
      float[] masked = new float[input.length];
      for (int i = 0; i < input.length; i++) {
        output[i] = Math.max(input[i], 0);
        masked[i] = input[i] > 0 ? gradient[i] : 0;
      }
      assertThat(y.toFloats()).isEqualTo(output);
      assertThat(dx.toFloats()).isEqualTo(masked);
      Workbench.run(Relu.backward(y, dy, dy));
      assertThat(dy.toFloats()).isEqualTo(masked);
      Workbench.run(Relu.forward(x, x));
      assertThat(x.toFloats()).isEqualTo(output);
    }
  }

  @Test
  void notANumberStaysAndCountsAsNotPositive() {
    for (String name : Devices.names()) {
      try (Workbench on = new Workbench(name, 1)) {
        Tensor x = on.of(DType.F32, Shape.of(3), Float.NaN, -1, Float.POSITIVE_INFINITY);
        Tensor dy = on.of(DType.F32, Shape.of(3), 5, 6, 7);
        Workbench.run(Relu.forward(x, x));
        assertThat(x.toFloats()).containsExactly(Float.NaN, 0, Float.POSITIVE_INFINITY);
        Workbench.run(Relu.backward(x, dy, dy));
        assertThat(dy.toFloats()).containsExactly(0, 0, 7);
      }
    }
  }

  /** Away from 0, y is linear: a step smaller than |x| gives the derivative but for rounding. */
  @Test
  void gradientIsAFiniteDifference() {
    for (String name : Devices.names()) {
      try (Workbench on = new Workbench(name, 1)) {
        Tensor x = on.of(DType.F32, Shape.of(4), -1, -0.5f, 0.5f, 1);
        Tensor up = on.of(DType.F32, Shape.of(4), -0.75f, -0.25f, 0.75f, 1.25f);
        Tensor down = on.of(DType.F32, Shape.of(4), -1.25f, -0.75f, 0.25f, 0.75f);
        Tensor dy = on.of(DType.F32, Shape.of(4), 1, 2, 3, 4);
        for (Tensor tensor : new Tensor[] {x, up, down}) {
          Workbench.run(Relu.forward(tensor, tensor));
        }
        Workbench.run(Relu.backward(x, dy, dy));
        float[] difference = up.toFloats();
        for (int i = 0; i < 4; i++) {
          // all of it exact in F32
          difference[i] = (difference[i] - down.toFloats()[i]) / 0.5f * (i + 1);
        }
        assertThat(dy.toFloats()).isEqualTo(difference);
      }
    }
  }

  @Test
  void refusesWithTheReason() {
    try (Workbench on = new Workbench("cpu", 1)) {
      Tensor x = on.empty(DType.F32, Shape.of(2, 3));
      Tensor y = on.empty(DType.BF16, Shape.of(2, 3));
      assertThatThrownBy(() -> Relu.forward(x, y))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("relu_forward", "y is bf16", "x is f32");
    }
  }
}
