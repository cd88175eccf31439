package org.octothorpe.replay;

import java.util.List;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Tensor;
import org.octothorpe.ops.MaxPool;

/** Cases of kind {@code max_pool2d}: y, and grad_x with ties to the first maximum. */
final class MaxPoolReplay implements Replayer {
  @Override
  public List<Comparison> run(Device device, Precision precision, GoldenCase golden) {
    MaxPool pool =
        new MaxPool(
            golden.parameter("kernel").asLong(),
            golden.parameter("stride").asLong(),
            golden.parameter("padding").asLong());
    float[] values = golden.channelsLast("x");
    boolean exact = true;
    for (float value : values) {
      exact &= precision.isF32() || DType.fromBf16(DType.toBf16(value)) == value;
    }
    if (!exact) {
      throw new IllegalArgumentException(
          "x is not exact in " + precision.dtype() + ": rounding would choose other maxima");
    }
    try (Scratch scratch = new Scratch(device)) {
      Tensor x = scratch.channelsLast(precision.dtype(), golden, "x");
      Tensor dy = scratch.channelsLast(precision.dtype(), golden, "grad_y");
      Tensor y = scratch.poisoned(precision.dtype(), dy.shape());
      Tensor index = scratch.empty(DType.U8, dy.shape());
      Tensor dx = scratch.poisoned(precision.dtype(), x.shape());
      Scratch.run(pool.forward(x, y, index));
      Scratch.run(pool.backward(dy, index, dx));
      double windows = Math.pow(Math.ceil((double) pool.kernel() / pool.stride()), 2);
      return List.of(
          // A maximum is one of the inputs, unchanged.
          Comparison.of("y", golden.channelsLastDoubles("y"), y.toFloats(), 0),
          Comparison.of(
              "grad_x",
              golden.channelsLastDoubles("grad_x"),
              dx.toFloats(),
              precision.sum(windows)));
    }
  }
}
