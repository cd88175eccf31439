package org.octothorpe.conformance;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.DeviceOptions;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;

/** A device with the tensors of one test, which close with it. */
final class Workbench implements AutoCloseable {
  final Device device;
  private final List<Tensor> tensors = new ArrayList<>();

  Workbench(String name, int threads) {
    device = Device.open(name, new DeviceOptions(threads, false));
  }

  /** Returns a tensor whose values are unspecified. */
  Tensor empty(DType dtype, Shape shape) {
    Tensor tensor = device.allocate(dtype, shape);
    tensors.add(tensor);
    return tensor;
  }

  /** Returns a tensor of the values, rounded to its type. */
  Tensor of(DType dtype, Shape shape, float... values) {
    Tensor tensor = empty(dtype, shape);
    tensor.copyFrom(values);
    return tensor;
  }

  /** Returns a tensor with the values of another. */
  Tensor copy(Tensor tensor) {
    return of(tensor.dtype(), tensor.shape(), tensor.toFloats());
  }

  /** Returns a tensor of values in [low, high), a function of the seed. */
  Tensor random(DType dtype, Shape shape, long seed, double low, double high) {
    SplittableRandom random = new SplittableRandom(seed);
    float[] values = new float[Math.toIntExact(shape.elements())];
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (low + (high - low) * random.nextDouble());
    }
    return of(dtype, shape, values);
  }

  /** Returns the shape that the first four numbers of a line name. */
  static Shape nhwc(int... line) {
    return Shape.of(Arrays.stream(line).limit(4).asLongStream().toArray());
  }

  /**
   * Returns half the distance between neighbours of a type, as a part of the value: the most that
   * rounding to it changes.
   */
  static double rounding(DType dtype) {
    return dtype == DType.F32 ? 0x1p-24 : 0x1p-8;
  }

  /** Fails unless {@code actual} is within {@code tolerance} of {@code expected}; NaN fails. */
  static void near(String what, int index, double expected, double actual, double tolerance) {
    if (!(Math.abs(actual - expected) <= tolerance)) {
      throw new AssertionError(
          what + "[" + index + "] is " + actual + ", expected " + expected + " +- " + tolerance);
    }
  }

  /** Returns the sum of the products of two tensors' values. */
  static double dot(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * b[i];
    }
    return sum;
  }

  @Override
  public void close() {
    for (Tensor tensor : tensors) {
      tensor.close();
    }
    device.close();
  }
}
