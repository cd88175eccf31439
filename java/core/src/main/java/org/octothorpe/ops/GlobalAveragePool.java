package org.octothorpe.ops;

import com.google.errorprone.annotations.CheckReturnValue;
import org.octothorpe.Call;
import org.octothorpe.Tensor;
import org.octothorpe.bindings.oct_global_average_pool_backward_args;
import org.octothorpe.bindings.oct_global_average_pool_forward_args;
import org.octothorpe.bindings.octothorpe;

/** The mean over H and W; x [N,H,W,C], y [N,C], F32 or BF16. */
@CheckReturnValue
public final class GlobalAveragePool {
  private GlobalAveragePool() {}

  /** y = the mean of x over H and W, summed in F32. */
  public static Call forward(Tensor x, Tensor y) {
    return NativeCall.<oct_global_average_pool_forward_args>prepare(
        "global_average_pool_forward",
        octothorpe::oct_global_average_pool_forward_prepare,
        new oct_global_average_pool_forward_args(),
        x,
        y);
  }

  /** dx = dy / (H W); overwrites dx. */
  public static Call backward(Tensor dy, Tensor dx) {
    return NativeCall.<oct_global_average_pool_backward_args>prepare(
        "global_average_pool_backward",
        octothorpe::oct_global_average_pool_backward_prepare,
        new oct_global_average_pool_backward_args(),
        dy,
        dx);
  }
}
