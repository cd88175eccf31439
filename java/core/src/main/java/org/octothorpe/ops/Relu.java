package org.octothorpe.ops;

import com.google.errorprone.annotations.CheckReturnValue;
import org.octothorpe.Call;
import org.octothorpe.Tensor;
import org.octothorpe.bindings.oct_relu_backward_args;
import org.octothorpe.bindings.oct_relu_forward_args;
import org.octothorpe.bindings.octothorpe;

/** The rectified linear unit, y = max(x, 0). */
@CheckReturnValue
public final class Relu {
  private Relu() {}

  /** y = max(x, 0); x and y of one shape and type, F32 or BF16; y may be x. */
  public static Call forward(Tensor x, Tensor y) {
    return NativeCall.<oct_relu_forward_args>prepare(
        "relu_forward", octothorpe::oct_relu_forward_prepare, new oct_relu_forward_args(), x, y);
  }

  /** dx = dy where y &gt; 0, else 0; one shape and type; dx may be dy or y. */
  public static Call backward(Tensor y, Tensor dy, Tensor dx) {
    return NativeCall.<oct_relu_backward_args>prepare(
        "relu_backward",
        octothorpe::oct_relu_backward_prepare,
        new oct_relu_backward_args(),
        y,
        dy,
        dx);
  }
}
