package org.octothorpe.ops;

import org.octothorpe.Call;
import org.jspecify.annotations.Nullable;
import org.octothorpe.Device;
import org.octothorpe.Tensor;
import org.octothorpe.bindings.oct_context;
import org.octothorpe.bindings.oct_max_pool;
import org.octothorpe.bindings.oct_tensor;
import org.octothorpe.bindings.octothorpe;

/**
 * The maximum over square windows; x [N,H,W,C], y and index [N,P,Q,C]. The first maximum in
 * row-major order wins a tie.
 *
 * @param kernel rows and columns of a window, in [1,15]
 * @param stride distance of windows, &gt;= 1
 * @param padding places around the image that never win, in [0, kernel / 2]
 */
public record MaxPool(long kernel, long stride, long padding) {
  /** y and, if index (U8) is not null, the place of the winner in its window. */
  public Call forward(Device device, Tensor x, Tensor y, @Nullable Tensor index) {
    oct_context context = device.context();
    oct_max_pool pool = descriptor();
    oct_tensor xd = x.descriptor();
    oct_tensor yd = y.descriptor();
    oct_tensor id = index == null ? null : index.descriptor();
    return () -> Status.check(octothorpe.oct_max_pool_forward(context, pool, xd, yd, id));
  }

  /** dx = dy summed into the places that won; overwrites dx. */
  public Call backward(Device device, Tensor dy, Tensor index, Tensor dx) {
    oct_context context = device.context();
    oct_max_pool pool = descriptor();
    oct_tensor dyd = dy.descriptor();
    oct_tensor id = index.descriptor();
    oct_tensor dxd = dx.descriptor();
    return () -> Status.check(octothorpe.oct_max_pool_backward(context, pool, dyd, id, dxd));
  }

  private oct_max_pool descriptor() {
    return new oct_max_pool().kernel(kernel).stride(stride).padding(padding);
  }
}
