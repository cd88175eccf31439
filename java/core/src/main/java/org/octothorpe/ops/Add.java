package org.octothorpe.ops;

import org.octothorpe.Call;
import org.octothorpe.Device;
import org.octothorpe.Tensor;
import org.octothorpe.bindings.oct_context;
import org.octothorpe.bindings.oct_tensor;
import org.octothorpe.bindings.octothorpe;

/** The element-wise sum of two tensors. */
public final class Add {
  private Add() {}

  /** y = a + b; one shape and type, F32 or BF16; y may be a or b. */
  public static Call forward(Device device, Tensor a, Tensor b, Tensor y) {
    oct_context context = device.context();
    oct_tensor ad = a.descriptor();
    oct_tensor bd = b.descriptor();
    oct_tensor yd = y.descriptor();
    return () -> Status.check(octothorpe.oct_add(context, ad, bd, yd));
  }
}
