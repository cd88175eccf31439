package org.octothorpe.ops;

import org.octothorpe.Call;
import org.octothorpe.Device;
import org.octothorpe.Tensor;
import org.octothorpe.bindings.oct_context;
import org.octothorpe.bindings.oct_tensor;
import org.octothorpe.bindings.octothorpe;

/** The rectified linear unit, y = max(x, 0). */
public final class Relu {
  private Relu() {}

  /** y = max(x, 0); x and y of one shape and type, F32 or BF16; y may be x. */
  public static Call forward(Device device, Tensor x, Tensor y) {
    oct_context context = device.context();
    oct_tensor xd = x.descriptor();
    oct_tensor yd = y.descriptor();
    return () -> Status.check(octothorpe.oct_relu_forward(context, xd, yd));
  }

  /** dx = dy where y &gt; 0, else 0; one shape and type; dx may be dy or y. */
  public static Call backward(Device device, Tensor y, Tensor dy, Tensor dx) {
    oct_context context = device.context();
    oct_tensor yd = y.descriptor();
    oct_tensor dyd = dy.descriptor();
    oct_tensor dxd = dx.descriptor();
    return () -> Status.check(octothorpe.oct_relu_backward(context, yd, dyd, dxd));
  }
}
