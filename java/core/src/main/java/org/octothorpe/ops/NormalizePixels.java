package org.octothorpe.ops;

import com.google.errorprone.annotations.CheckReturnValue;
import java.util.List;
import org.octothorpe.Call;
import org.octothorpe.Tensor;
import org.octothorpe.bindings.oct_normalize_pixels_args;
import org.octothorpe.bindings.octothorpe;

/**
 * The input of a network from pixels: y = (x / 255 - mean) / deviation, per channel.
 *
 * @param mean one value per channel, at most 4
 * @param deviation the standard deviation, one value per channel, &gt; 0
 */
@CheckReturnValue
public record NormalizePixels(List<Float> mean, List<Float> deviation) {
  /**
   * Keeps copies.
   *
   * @throws IllegalArgumentException unless both have as many values, at most 4
   */
  public NormalizePixels {
    mean = List.copyOf(mean);
    deviation = List.copyOf(deviation);
    if (mean.size() != deviation.size() || mean.size() > 4) {
      throw new IllegalArgumentException(
          "normalize_pixels: mean has "
              + mean.size()
              + " values and deviation "
              + deviation.size()
              + ", but both must have as many, at most 4");
    }
  }

  /**
   * y from x.
   *
   * @param x U8 [N,H,W,C]
   * @param y [N,H,W,C], F32 or BF16
   */
  public Call forward(Tensor x, Tensor y) {
    oct_normalize_pixels_args arguments = new oct_normalize_pixels_args();
    for (int c = 0; c < mean.size(); c++) {
      arguments.mean(c, mean.get(c)).deviation(c, deviation.get(c));
    }
    return NativeCall.<oct_normalize_pixels_args>prepare(
        "normalize_pixels", octothorpe::oct_normalize_pixels_prepare, arguments, x, y);
  }
}
