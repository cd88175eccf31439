package org.octothorpe.replay;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import org.octothorpe.Call;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.io.HostTensor;

/** Tensors of one case on a device, freed together. */
final class Scratch implements AutoCloseable {
  private final Device device;
  private final Deque<Tensor> tensors = new ArrayDeque<>();

  Scratch(Device device) {
    this.device = device;
  }

  Tensor empty(DType dtype, Shape shape) {
    Tensor tensor = device.allocate(dtype, shape);
    tensors.push(tensor);
    return tensor;
  }

  /** A tensor filled with NaN (F32, BF16), so that what a kernel leaves out cannot pass. */
  Tensor poisoned(DType dtype, Shape shape) {
    float[] values = new float[Math.toIntExact(shape.elements())];
    Arrays.fill(values, Float.NaN);
    return of(dtype, shape, values);
  }

  Tensor of(DType dtype, Shape shape, float[] values) {
    Tensor tensor = empty(dtype, shape);
    tensor.copyFrom(values);
    return tensor;
  }

  Tensor ints(int[] values) {
    Tensor tensor = empty(DType.I32, Shape.of(Math.max(1, values.length)));
    if (values.length > 0) {
      tensor.copyFrom(values);
    }
    return tensor;
  }

  /** A tensor of a case as it is. */
  Tensor of(DType dtype, HostTensor host) {
    return of(dtype, Shape.of(host.shape()), host.toFloats());
  }

  /** A tensor [N,C,H,W] of a case as [N,H,W,C]. */
  Tensor channelsLast(DType dtype, GoldenCase golden, String key) {
    return of(dtype, channelsLast(golden.tensor(key)), golden.channelsLast(key));
  }

  /** Runs a call once and closes it. */
  static void run(Call call) {
    try (call) {
      call.run();
    }
  }

  /** Returns [N,H,W,C] for a tensor [N,C,H,W]. */
  static Shape channelsLast(HostTensor host) {
    long[] s = host.shape();
    if (s.length != 4) {
      throw new IllegalArgumentException("a tensor of rank " + s.length + " has no N, C, H and W");
    }
    return Shape.of(s[0], s[2], s[3], s[1]);
  }

  @Override
  public void close() {
    tensors.forEach(Tensor::close);
    tensors.clear();
  }
}
