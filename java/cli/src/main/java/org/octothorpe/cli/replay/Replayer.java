package org.octothorpe.cli.replay;

import java.util.List;
import org.jspecify.annotations.Nullable;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.io.HostTensor;

/** Runs cases of one kind. */
interface Replayer {
  /** Relative rounding error of F32: half a unit in the last place. */
  double F32_ROUNDING = 0x1p-24;

  /** Relative rounding error of BF16. */
  double BF16_ROUNDING = 0x1p-9;

  /** Runs a case and compares every tensor that it has a reference for. */
  List<Comparison> replay(GoldenCase golden, Device device, DType dtype) throws java.io.IOException;

  /**
   * The tolerance of a sum of {@code terms} products. F32: rounding errors of a sum add up like a random walk, with 4
   * standard deviations, and the reference itself was rounded once. BF16: both operands and the result were rounded, each by
   * at most 2^-9, and the sum is in F32.
   */
  static double ofSum(DType dtype, double terms) {
    double sum = (4 * Math.sqrt(terms) + 2) * F32_ROUNDING;
    return dtype == DType.F32 ? sum : sum + 3 * BF16_ROUNDING;
  }

  /** Uploads a tensor as it is, in another type. */
  static Tensor upload(Device device, HostTensor host, DType dtype) {
    Tensor tensor = device.allocate(dtype, host.rank() == 0 ? Shape.of(1) : Shape.of(host.shape()));
    tensor.copyFrom(host.toFloats());
    return tensor;
  }

  /** Uploads activations or filters, from NCHW to NHWC or from KCRS to KRSC. */
  static Tensor uploadChannelsLast(Device device, HostTensor host, DType dtype) {
    return upload(device, host.permute(0, 2, 3, 1), dtype);
  }

  /** Downloads, from NHWC to NCHW or from KRSC to KCRS. */
  static double[] downloadChannelsFirst(Tensor tensor) {
    return HostTensor.of(tensor.toFloats(), tensor.shape().toArray()).permute(0, 3, 1, 2).toDoubles();
  }

  static double[] download(Tensor tensor) {
    float[] floats = tensor.toFloats();
    double[] values = new double[floats.length];
    for (int i = 0; i < floats.length; i++) {
      values[i] = floats[i];
    }
    return values;
  }

  /** Scratch memory, or null for none. */
  static @Nullable Tensor workspace(Device device, long bytes) {
    return bytes == 0 ? null : device.allocate(DType.U8, Shape.of(bytes));
  }

  static void close(@Nullable Tensor... tensors) {
    for (Tensor tensor : tensors) {
      if (tensor != null) {
        tensor.close();
      }
    }
  }
}
