package org.octothorpe.train;

import com.google.errorprone.annotations.CheckReturnValue;
import java.util.List;
import org.octothorpe.Call;
import org.octothorpe.Tensor;
import org.octothorpe.ops.NormalizePixels;

/**
 * The normalization of pixels in [0,1] per channel: the means and standard deviations of ImageNet,
 * as torchvision's weights want.
 */
public final class Normalization {
  private static final NormalizePixels IMAGENET =
      new NormalizePixels(List.of(0.485f, 0.456f, 0.406f), List.of(0.229f, 0.224f, 0.225f));

  private Normalization() {}

  /** y = (x / 255 - mean) / deviation. x u8 [N,H,W,3], y F32 or BF16. */
  @CheckReturnValue
  public static Call of(Tensor x, Tensor y) {
    return IMAGENET.forward(x, y);
  }
}
