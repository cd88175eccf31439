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
import org.octothorpe.ops.Convert;

class ConvertTest {
  static Stream<Arguments> cases() {
    return Cases.of("convert");
  }

  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("cases")
  void roundsToTheNearest(String name, DType dtype, int[] line) {
    Shape shape = Workbench.nhwc(line);
    try (Workbench on = new Workbench(name, 2)) {
      Tensor x = on.random(DType.F32, shape, 1, -300, 300);
      Tensor y = on.empty(dtype, shape);
      Tensor back = on.empty(DType.F32, shape);
      Workbench.run(Convert.forward(x, y));
      Workbench.run(Convert.forward(y, back));
      float[] exact = x.toFloats();
      float[] rounded = y.toFloats();
      for (int i = 0; i < exact.length; i++) {
        // F32 to F32 is a copy; else half the distance of neighbors
        double tolerance =
            dtype == DType.F32 ? 0 : Workbench.rounding(dtype) * Math.abs((double) exact[i]);
        Workbench.near("y", i, exact[i], rounded[i], tolerance);
      }
      assertThat(back.toFloats()).isEqualTo(rounded); // widening is exact
    }
  }

  @Test
  void refusesWithTheReason() {
    try (Workbench on = new Workbench("cpu", 1)) {
      Tensor x = on.empty(DType.F32, Shape.of(1, 2, 2, 3));
      Tensor pixels = on.empty(DType.U8, Shape.of(1, 2, 2, 3));
      assertThatThrownBy(() -> Convert.forward(pixels, x))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("convert", "x is u8", "y is f32");
    }
  }
}
