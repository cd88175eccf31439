package org.octothorpe.ops;

import com.google.errorprone.annotations.CheckReturnValue;
import java.util.List;
import org.octothorpe.Call;
import org.octothorpe.Tensor;
import org.octothorpe.bindings.oct_transform_images_args;
import org.octothorpe.bindings.octothorpe;

/**
 * What stands between a decoder and the network: crop, resize, mirror and normalize.
 *
 * @param mean red, green and blue, of values in [0,1]
 * @param deviation the standard deviation of red, green and blue, &gt; 0
 */
@CheckReturnValue
public record TransformImages(List<Float> mean, List<Float> deviation) {
  /** The number of geometry values per image. */
  public static final int GEOMETRY = 8;

  /**
   * Keeps copies.
   *
   * @throws IllegalArgumentException unless both have 3 values
   */
  public TransformImages {
    mean = List.copyOf(mean);
    deviation = List.copyOf(deviation);
    if (mean.size() != deviation.size() || mean.size() != 3) {
      throw new IllegalArgumentException(
          "transform_images: mean has "
              + mean.size()
              + " values and deviation "
              + deviation.size()
              + ", but both must have 3");
    }
  }

  /**
   * y[n] = the crop of image n, resized to [H,W] (bilinear with antialiasing), mirrored left to
   * right if asked, then (value / 255 - mean) / deviation per channel.
   *
   * @param pixels U8 [bytes]: all images, RGB interleaved, rows dense
   * @param offsets I64 [N]: where image n begins in {@code pixels}
   * @param geometry I32 [N,8]: width, height, crop_x, crop_y, crop_width, crop_height, mirror (0 or
   *     1), 0; a crop or image that does not lie inside is refused, by a GPU when the device is
   *     synchronized
   * @param y F32 or BF16 [N,H,W,3]
   */
  public Call forward(Tensor pixels, Tensor offsets, Tensor geometry, Tensor y) {
    oct_transform_images_args arguments = new oct_transform_images_args();
    for (int c = 0; c < mean.size(); c++) {
      arguments.mean(c, mean.get(c)).deviation(c, deviation.get(c));
    }
    return NativeCall.<oct_transform_images_args>prepare(
        "transform_images",
        octothorpe::oct_transform_images_prepare,
        arguments,
        pixels,
        offsets,
        geometry,
        y);
  }
}
