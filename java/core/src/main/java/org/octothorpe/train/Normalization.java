package org.octothorpe.train;

import org.bytedeco.javacpp.FloatPointer;
import org.octothorpe.Device;
import org.octothorpe.Tensor;
import org.octothorpe.Call;
import org.octothorpe.ops.Convert;

/**
 * The per-channel normalisation of pixels in [0,1]: the means and deviations of ImageNet, as
 * torchvision's weights want.
 */
public final class Normalization {
  private static final float[] MEAN = {0.485f, 0.456f, 0.406f};
  private static final float[] DEVIATION = {0.229f, 0.224f, 0.225f};

  private Normalization() {}

  /** y = (x / 255 - mean) / deviation. x u8 [N,H,W,3], y F32 or BF16. */
  public static Call of(Device device, Tensor x, Tensor y) {
    return Convert.normalizePixels(
        device, x, new FloatPointer(MEAN), new FloatPointer(DEVIATION), y);
  }
}
