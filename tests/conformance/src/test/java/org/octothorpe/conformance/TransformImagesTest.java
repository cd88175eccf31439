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
import org.octothorpe.ops.TransformImages;

class TransformImagesTest {
  private static final List<Float> MEAN = List.of(0.485f, 0.456f, 0.406f);
  private static final List<Float> DEVIATION = List.of(0.229f, 0.224f, 0.225f);
  private static final TransformImages TRANSFORM = new TransformImages(MEAN, DEVIATION);

  static Stream<Arguments> cases() {
    return Cases.of("transform_images");
  }

  @ParameterizedTest(name = "{0} {1} {2}")
  @MethodSource("cases")
  void matchesDouble(String name, DType dtype, int[] line) {
    // The first image is another one, so that the line's begins at an odd byte.
    int[] first = {5, 3, 1, 0, 3, 3, 1 - line[6]};
    byte[] pixels = new byte[1 + 3 * first[0] * first[1] + 3 * line[0] * line[1]];
    new SplittableRandom(4).nextBytes(pixels);
    long[] offsets = {1, 1 + 3L * first[0] * first[1]};
    int[][] images = {first, line};
    int height = line[7];
    int width = line[8];
    try (Workbench on = new Workbench(name, 2)) {
      Tensor x = bytes(on, pixels);
      Tensor y = on.empty(dtype, Shape.nhwc(2, height, width, 3));
      Workbench.run(TRANSFORM.forward(x, offsets(on, offsets), geometry(on, images), y));
      float[] actual = y.toFloats();
      for (int i = 0; i < actual.length; i++) {
        int n = i / (3 * width * height);
        int p = i / (3 * width) % height;
        int q = i / 3 % width;
        int c = i % 3;
        int[] g = images[n];
        int column = g[6] != 0 ? width - 1 - q : q;
        double sum = 0;
        double weights = 0;
        for (int v = 0; v < g[5]; v++) {
          double down = triangle(v, p, g[5], height);
          if (down <= 0) {
            continue;
          }
          for (int u = 0; u < g[4]; u++) {
            double weight = down * triangle(u, column, g[4], width);
            int at = Math.toIntExact(offsets[n]) + 3 * ((g[3] + v) * g[0] + g[2] + u) + c;
            sum += weight * Byte.toUnsignedInt(pixels[at]);
            weights += weight;
          }
        }
        double value = sum / weights / 255;
        double expected = (value - MEAN.get(c)) / DEVIATION.get(c);
        // Weights are positive and sum to 1: each pass is off by a rounding a tap, and some for the
        // weights, of the value; then one to the type.
        int taps = 2 * (g[4] / width + g[5] / height) + 6;
        double tolerance =
            0x1p-24 * ((taps + 12) * value + 2 * MEAN.get(c)) / DEVIATION.get(c)
                + Workbench.rounding(dtype) * Math.abs(expected);
        Workbench.near("y", i, expected, actual[i], tolerance);
      }
    }
  }

  @Test
  void refusesWithTheReason() {
    for (String name : Devices.names()) {
      expectRefused(name, new int[] {4, 4, 1, 1, 4, 3, 0}, "image 0", "crop");
      expectRefused(name, new int[] {4, 5, 0, 0, 4, 4, 0}, "image 0", "48 bytes");
    }
    assertThatThrownBy(() -> new TransformImages(MEAN.subList(0, 2), DEVIATION.subList(0, 2)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("transform_images", "mean has 2 values", "must have 3");
    TransformImages zero = new TransformImages(MEAN, List.of(0f, 0f, 0f));
    try (Workbench on = new Workbench("cpu", 1)) {
      Tensor geometry = geometry(on, new int[][] {{4, 4, 0, 0, 4, 4, 0}});
      Tensor y = on.empty(DType.F32, Shape.nhwc(1, 2, 2, 3));
      Tensor x = bytes(on, new byte[48]);
      assertThatThrownBy(() -> zero.forward(x, offsets(on, 0), geometry, y))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll("transform_images", "deviation[0] is 0", "> 0");
    }
  }

  private static void expectRefused(String name, int[] image, String... words) {
    try (Workbench on = new Workbench(name, 1)) {
      Tensor geometry = geometry(on, new int[][] {image});
      Tensor y = on.empty(DType.F32, Shape.nhwc(1, 2, 2, 3));
      Tensor x = bytes(on, new byte[48]);
      assertThatThrownBy(
              () -> {
                Workbench.run(TRANSFORM.forward(x, offsets(on, 0), geometry, y));
                on.device.synchronize(); // a GPU reports it here
              })
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll(words);
    }
  }

  /** Returns the weight of input x for output i of an axis. */
  private static double triangle(int x, int i, int inputs, int outputs) {
    double step = (double) inputs / outputs;
    return Math.max(0, 1 - Math.abs(x + 0.5 - (i + 0.5) * step) / Math.max(step, 1));
  }

  private static Tensor bytes(Workbench on, byte[] pixels) {
    Tensor tensor = on.empty(DType.U8, Shape.of(pixels.length));
    tensor.copyFrom(pixels);
    return tensor;
  }

  private static Tensor offsets(Workbench on, long... offsets) {
    Tensor tensor = on.empty(DType.I64, Shape.of(offsets.length));
    tensor.copyFrom(offsets);
    return tensor;
  }

  private static Tensor geometry(Workbench on, int[][] images) {
    int[] numbers = new int[TransformImages.GEOMETRY * images.length];
    for (int n = 0; n < images.length; n++) {
      System.arraycopy(images[n], 0, numbers, TransformImages.GEOMETRY * n, 7);
    }
    Tensor tensor = on.empty(DType.I32, Shape.of(images.length, TransformImages.GEOMETRY));
    tensor.copyFrom(numbers);
    return tensor;
  }
}
