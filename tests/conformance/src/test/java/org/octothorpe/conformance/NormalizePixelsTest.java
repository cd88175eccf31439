package org.octothorpe.conformance;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.octothorpe.DType;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.ops.NormalizePixels;

class NormalizePixelsTest {
  private static final List<Float> MEAN = List.of(0.485f, 0.456f, 0.406f, 0.5f);
  private static final List<Float> DEVIATION = List.of(0.229f, 0.224f, 0.225f, 0.25f);

  static Stream<Arguments> cases() {
    return Cases.of("normalize_pixels");
  }

  private static NormalizePixels statistics(int channels) {
    return new NormalizePixels(MEAN.subList(0, channels), DEVIATION.subList(0, channels));
  }

  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("cases")
  void matchesDouble(String name, DType dtype, int[] line) {
    Shape shape = Workbench.nhwc(line);
    int channels = line[3];
    byte[] pixels = new byte[Math.toIntExact(shape.elements())];
    new SplittableRandom(3).nextBytes(pixels);
    pixels[0] = (byte) 255;
    try (Workbench on = new Workbench(name, 2)) {
      Tensor x = on.empty(DType.U8, shape);
      x.copyFrom(pixels);
      Tensor y = on.empty(dtype, shape);
      Workbench.run(statistics(channels).forward(x, y));
      float[] actual = y.toFloats();
      for (int i = 0; i < actual.length; i++) {
        float mean = MEAN.get(i % channels);
        float deviation = DEVIATION.get(i % channels);
        double pixel = Byte.toUnsignedInt(pixels[i]) / 255.0;
        double expected = (pixel - mean) / deviation;
        // four F32 roundings of parts no larger than (pixel + mean) / deviation, then one to the
        // type
        double tolerance =
            4 * 0x1p-24 * (pixel + mean) / deviation
                + (dtype == DType.F32 ? 0 : Workbench.rounding(dtype) * Math.abs(expected));
        Workbench.near("y", i, expected, actual[i], tolerance);
      }
    }
  }

  @Test
  void refusesWithTheReason() {
    assertThatThrownBy(() -> new NormalizePixels(MEAN, DEVIATION.subList(0, 3)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("normalize_pixels", "mean has 4 values and deviation 3");
    try (Workbench on = new Workbench("cpu", 1)) {
      Tensor pixels = on.empty(DType.U8, Shape.of(1, 2, 2, 3));
      Tensor y = on.empty(DType.F32, Shape.of(1, 2, 2, 3));
      NormalizePixels zero = new NormalizePixels(MEAN.subList(0, 3), List.of(0f, 1f, 1f));
      assertThatThrownBy(() -> zero.forward(pixels, y))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("normalize_pixels", "deviation[0] is 0", "> 0");
      NormalizePixels infinite =
          new NormalizePixels(List.of(0f, Float.POSITIVE_INFINITY, 0f), DEVIATION.subList(0, 3));
      assertThatThrownBy(() -> infinite.forward(pixels, y))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("normalize_pixels", "mean[1] is inf", "finite");
    }
  }
}
