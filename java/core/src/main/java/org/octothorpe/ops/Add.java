package org.octothorpe.ops;

import com.google.errorprone.annotations.CheckReturnValue;
import org.octothorpe.Call;
import org.octothorpe.Tensor;
import org.octothorpe.bindings.oct_add_args;
import org.octothorpe.bindings.octothorpe;

/** The sum of two tensors. */
@CheckReturnValue
public final class Add {
  private Add() {}

  /** y = a + b, of one shape and type, F32 or BF16; y may be a or b. */
  public static Call forward(Tensor a, Tensor b, Tensor y) {
    return NativeCall.<oct_add_args>prepare(
        "add", octothorpe::oct_add_prepare, new oct_add_args(), a, b, y);
  }
}
