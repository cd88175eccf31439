package org.octothorpe.ops;

import org.octothorpe.Call;
import org.octothorpe.Device;
import org.octothorpe.Tensor;
import org.octothorpe.bindings.oct_context;
import org.octothorpe.bindings.oct_tensor;
import org.octothorpe.bindings.octothorpe;

/** The mean over H and W; x [N,H,W,C], y [N,C]; F32 or BF16, summed in F32. */
public final class GlobalAveragePool {
  private GlobalAveragePool() {}

  /** y = mean of x. */
  public static Call forward(Device device, Tensor x, Tensor y) {
    oct_context context = device.context();
    oct_tensor xd = x.descriptor();
    oct_tensor yd = y.descriptor();
    return () -> Status.check(octothorpe.oct_global_average_pool_forward(context, xd, yd));
  }

  /** dx = dy / (H W); overwrites dx. */
  public static Call backward(Device device, Tensor dy, Tensor dx) {
    oct_context context = device.context();
    oct_tensor dyd = dy.descriptor();
    oct_tensor dxd = dx.descriptor();
    return () -> Status.check(octothorpe.oct_global_average_pool_backward(context, dyd, dxd));
  }
}
