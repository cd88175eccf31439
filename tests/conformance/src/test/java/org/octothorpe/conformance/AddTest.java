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
import org.octothorpe.ops.Add;

class AddTest {
  static Stream<Arguments> cases() {
    return Cases.of("add");
  }

  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("cases")
  void isTheRoundedSum(String name, DType dtype, int[] line) {
    Shape shape = Workbench.nhwc(line);
    try (Workbench on = new Workbench(name, 2)) {
      Tensor a = on.random(dtype, shape, 1, -1, 1);
      Tensor b = on.random(dtype, shape, 2, -100, 100);
      Tensor y = on.empty(dtype, shape);
      Workbench.run(Add.forward(a, b, y));
      float[] left = a.toFloats();
      float[] right = b.toFloats();
      float[] expected = new float[left.length];
      for (int i = 0; i < expected.length; i++) {
        float sum = (float) ((double) left[i] + right[i]);
        expected[i] = dtype == DType.F32 ? sum : DType.fromBf16(DType.toBf16(sum));
      }
      assertThat(y.toFloats()).isEqualTo(expected); // one rounding, so bit for bit
      Workbench.run(Add.forward(a, b, b));
      assertThat(b.toFloats()).isEqualTo(expected);
    }
  }

  @Test
  void refusesWithTheReason() {
    try (Workbench on = new Workbench("cpu", 1)) {
      Tensor a = on.empty(DType.F32, Shape.of(2, 3));
      Tensor b = on.empty(DType.F32, Shape.of(3, 2));
      assertThatThrownBy(() -> Add.forward(a, b, a))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("add", "b", "[3,2]", "[2,3]");
    }
  }
}
