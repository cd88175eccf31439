package org.octothorpe.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.bytedeco.javacpp.FloatPointer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.octothorpe.DType;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.ops.Convert;

class ConvertTest {
  private static final float[] MEAN = {0.485f, 0.456f, 0.406f, 0.5f};
  private static final float[] DEVIATION = {0.229f, 0.224f, 0.225f, 0.25f};

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
      Convert.forward(on.device, x, y).run();
      Convert.forward(on.device, y, back).run();
      float[] exact = x.toFloats();
      float[] rounded = y.toFloats();
      for (int i = 0; i < exact.length; i++) {
        // F32 to F32 is a copy; else half the distance of neighbours
        double tolerance =
            dtype == DType.F32 ? 0 : Workbench.rounding(dtype) * Math.abs((double) exact[i]);
        Workbench.near("y", i, exact[i], rounded[i], tolerance);
      }
      assertThat(back.toFloats()).isEqualTo(rounded); // widening is exact
    }
  }

  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("cases")
  void pixelsAreNormalizedByChannel(String name, DType dtype, int[] line) {
    Shape shape = Workbench.nhwc(line);
    byte[] pixels = new byte[Math.toIntExact(shape.elements())];
    new SplittableRandom(3).nextBytes(pixels);
    pixels[0] = (byte) 255;
    try (Workbench on = new Workbench(name, 2);
        FloatPointer mean = new FloatPointer(MEAN);
        FloatPointer deviation = new FloatPointer(DEVIATION)) {
      Tensor x = on.empty(DType.U8, shape);
      x.copyFrom(pixels);
      Tensor y = on.empty(dtype, shape);
      Convert.normalizePixels(on.device, x, mean, deviation, y).run();
      float[] actual = y.toFloats();
      for (int i = 0; i < actual.length; i++) {
        int c = i % line[3];
        double pixel = Byte.toUnsignedInt(pixels[i]) / 255.0;
        double expected = (pixel - MEAN[c]) / DEVIATION[c];
        // four F32 roundings of parts no larger than (pixel + mean) / deviation, then one to the
        // type
        double tolerance =
            4 * 0x1p-24 * (pixel + MEAN[c]) / DEVIATION[c]
                + (dtype == DType.F32 ? 0 : Workbench.rounding(dtype) * Math.abs(expected));
        Workbench.near("y", i, expected, actual[i], tolerance);
      }
    }
  }

  @Test
  void refusesWithTheReason() {
    try (Workbench on = new Workbench("cpu", 1);
        FloatPointer mean = new FloatPointer(MEAN);
        FloatPointer zero = new FloatPointer(new float[4])) {
      Tensor x = on.empty(DType.F32, Shape.of(1, 2, 2, 3));
      Tensor pixels = on.empty(DType.U8, Shape.of(1, 2, 2, 3));
      assertThatThrownBy(() -> Convert.forward(on.device, pixels, x).run())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("convert", "x is u8", "y is f32");
      assertThatThrownBy(() -> Convert.normalizePixels(on.device, pixels, mean, zero, x).run())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("normalize_pixels", "deviation[0] is 0", "> 0");
    }
  }
}
