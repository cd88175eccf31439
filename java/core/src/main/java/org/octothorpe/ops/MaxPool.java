package org.octothorpe.ops;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.Nullable;
import org.octothorpe.Call;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.bindings.oct_max_pool;
import org.octothorpe.bindings.oct_max_pool_backward_args;
import org.octothorpe.bindings.oct_max_pool_forward_args;
import org.octothorpe.bindings.octothorpe;

/**
 * The maximum over square windows; x [N,H,W,C], y and index [N,P,Q,C]. The first maximum in
 * row-major order wins a tie.
 *
 * @param kernel rows and columns of a window, in [1,15]
 * @param stride distance of windows, &gt;= 1
 * @param padding places around the image that never win, in [0, kernel / 2]
 */
@CheckReturnValue
public record MaxPool(long kernel, long stride, long padding) {
  /** Returns the shape of y, [N,P,Q,C], for that of x [N,H,W,C]. */
  public Shape outputShape(Shape x) {
    return Shape.nhwc(
        x.get(0),
        GroupedConv.outputExtent(x.get(1), kernel, stride, padding, 1),
        GroupedConv.outputExtent(x.get(2), kernel, stride, padding, 1),
        x.get(3));
  }

  /** y and, if index (U8) is not null, the place of the winner in its window. */
  public Call forward(Tensor x, Tensor y, @Nullable Tensor index) {
    try (oct_max_pool pool = struct()) {
      return NativeCall.<oct_max_pool_forward_args>prepare(
          "max_pool_forward",
          octothorpe::oct_max_pool_forward_prepare,
          new oct_max_pool_forward_args().pool(pool),
          x,
          y,
          index);
    }
  }

  /** dx = dy summed into the places that won; overwrites dx. */
  public Call backward(Tensor dy, Tensor index, Tensor dx) {
    try (oct_max_pool pool = struct()) {
      return NativeCall.<oct_max_pool_backward_args>prepare(
          "max_pool_backward",
          octothorpe::oct_max_pool_backward_prepare,
          new oct_max_pool_backward_args().pool(pool),
          dy,
          index,
          dx);
    }
  }

  private oct_max_pool struct() {
    return new oct_max_pool().kernel(kernel).stride(stride).padding(padding);
  }
}
