package org.octothorpe.bench;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.octothorpe.Call;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Pass;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.ops.GroupedConv;

/** Tensors of random values for benchmarks, and calls of a pass. */
final class Inputs {
  private Inputs() {}

  /** Returns the extents in a text such as {@code 256x2048x1501}. */
  static long[] extents(String shape) {
    return Arrays.stream(shape.split("x", -1)).mapToLong(Long::parseLong).toArray();
  }

  /** Returns values in [-bound, bound). */
  static Tensor random(Device device, DType dtype, float bound, long... extents) {
    Tensor tensor = device.allocate(dtype, Shape.of(extents));
    float[] values = new float[Math.toIntExact(tensor.shape().elements())];
    SplittableRandom random = new SplittableRandom(1);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextDouble() * 2 - 1) * bound;
    }
    tensor.copyFrom(values);
    return tensor;
  }

  /** Returns integers in [0, bound). */
  static Tensor randomInts(Device device, int bound, int count) {
    Tensor tensor = device.allocate(DType.I32, Shape.of(count));
    tensor.copyFrom(new SplittableRandom(2).ints(count, 0, bound).toArray());
    return tensor;
  }

  /** Returns the offsets of {@code rows} rows of {@code each} labels. */
  static Tensor offsets(Device device, int rows, int each) {
    Tensor tensor = device.allocate(DType.I32, Shape.of(rows + 1));
    int[] values = new int[rows + 1];
    for (int i = 0; i <= rows; i++) {
      values[i] = i * each;
    }
    tensor.copyFrom(values);
    return tensor;
  }

  /**
   * Returns a pass of a convolution without bias; x, weight and y stand for their gradients too.
   */
  static Call convolution(GroupedConv conv, Pass pass, Tensor x, Tensor weight, Tensor y) {
    return switch (pass) {
      case FORWARD -> conv.forward(x, weight, null, y);
      case BACKWARD_DATA -> conv.backwardData(y, weight, x);
      case BACKWARD_WEIGHT -> conv.backwardWeight(x, y, weight, null);
    };
  }

  /** Throws unless the kernels that are to be measured compute the call. */
  static void requireProvider(Call call, String kernels) {
    if (!call.provider().startsWith(kernels)) {
      throw new IllegalStateException(
          kernels + " is to be measured, but " + call.provider() + " computes " + call.name());
    }
  }
}
