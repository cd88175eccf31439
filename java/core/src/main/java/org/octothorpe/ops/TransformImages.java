package org.octothorpe.ops;

import org.octothorpe.Call;
import org.bytedeco.javacpp.FloatPointer;
import org.octothorpe.Device;
import org.octothorpe.Tensor;
import org.octothorpe.bindings.oct_context;
import org.octothorpe.bindings.oct_tensor;
import org.octothorpe.bindings.octothorpe;

/** What stands between a decoder and the network: crop, resize, mirror and normalise. */
public final class TransformImages {
  /** Numbers of an image's geometry. */
  public static final int GEOMETRY = 8;

  private TransformImages() {}

  /**
   * y[n] = the crop of image n, resized to [H,W] (bilinear with antialiasing), mirrored left to
   * right if asked, then (value / 255 - mean) / deviation by channel.
   *
   * @param pixels U8 [bytes]: all images, RGB interleaved, rows dense
   * @param offsets I64 [N]: where image n begins in {@code pixels}
   * @param geometry I32 [N,8]: width, height, crop_x, crop_y, crop_width, crop_height, mirror (0 or
   *     1), 0; a crop or image that does not lie inside is refused, by a GPU when the device is
   *     synchronised
   * @param mean 3 values in host memory
   * @param deviation 3 values in host memory, &gt; 0
   * @param y F32 or BF16 [N,H,W,3]
   */
  public static Call forward(
      Device device,
      Tensor pixels,
      Tensor offsets,
      Tensor geometry,
      FloatPointer mean,
      FloatPointer deviation,
      Tensor y) {
    oct_context context = device.context();
    oct_tensor xd = pixels.descriptor();
    oct_tensor od = offsets.descriptor();
    oct_tensor gd = geometry.descriptor();
    oct_tensor yd = y.descriptor();
    return () ->
        Status.check(octothorpe.oct_transform_images(context, xd, od, gd, mean, deviation, yd));
  }
}
