package org.octothorpe.conformance;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.octothorpe.Call;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.DeviceOptions;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.oracle.Sums;

/**
 * A device with the tensors of one test, which close with it. It computes with this library's own
 * kernels; those of vendors have tests of their own.
 */
final class Workbench implements AutoCloseable {
  final Device device;
  private final List<Tensor> tensors = new ArrayList<>();

  Workbench(String name, int threads) {
    device = open(name, threads);
  }

  /** Opens a device that computes with this library's own kernels. */
  static Device open(String name, int threads) {
    return Device.open(name, new DeviceOptions(threads, true));
  }

  /** Runs a call once, to its end, and closes it. */
  static void run(Call call) {
    try (call) {
      call.run();
    }
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
   * Returns half the distance between neighbors of a type, as a part of the value: the most that
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

  /** Returns the values of a tensor, F32 or BF16, in double. */
  static double[] doubles(Tensor tensor) {
    return doubles(tensor.toFloats());
  }

  /** Returns values in double. */
  static double[] doubles(float... values) {
    double[] doubles = new double[values.length];
    Arrays.setAll(doubles, i -> values[i]);
    return doubles;
  }

  /** Fails unless a tensor holds sums, but for the rounding of F32 and of its type. */
  static void check(String what, Sums expected, Tensor actual) {
    expected.check(what, actual.toFloats(), actual.dtype());
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
