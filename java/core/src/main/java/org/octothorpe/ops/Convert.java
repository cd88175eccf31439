package org.octothorpe.ops;

import org.octothorpe.Call;
import org.bytedeco.javacpp.FloatPointer;
import org.octothorpe.Device;
import org.octothorpe.Tensor;
import org.octothorpe.bindings.oct_context;
import org.octothorpe.bindings.oct_tensor;
import org.octothorpe.bindings.octothorpe;

/** Conversions between element types. */
public final class Convert {
  private Convert() {}

  /**
   * y = x in y's type, F32 or BF16, to nearest even; a copy for equal types. One shape, apart in
   * memory.
   */
  public static Call forward(Device device, Tensor x, Tensor y) {
    oct_context context = device.context();
    oct_tensor xd = x.descriptor();
    oct_tensor yd = y.descriptor();
    return () -> Status.check(octothorpe.oct_convert(context, xd, yd));
  }

  /**
   * y = (x / 255 - mean) / deviation, by channel.
   *
   * @param x U8 [N,H,W,C], C &lt;= 4
   * @param mean C values in host memory
   * @param deviation C values in host memory, &gt; 0
   * @param y F32 or BF16
   */
  public static Call normalizePixels(
      Device device, Tensor x, FloatPointer mean, FloatPointer deviation, Tensor y) {
    oct_context context = device.context();
    oct_tensor xd = x.descriptor();
    oct_tensor yd = y.descriptor();
    return () -> Status.check(octothorpe.oct_normalize_pixels(context, xd, mean, deviation, yd));
  }
}
