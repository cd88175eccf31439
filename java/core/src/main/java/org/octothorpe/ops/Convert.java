package org.octothorpe.ops;

import com.google.errorprone.annotations.CheckReturnValue;
import org.octothorpe.Call;
import org.octothorpe.Tensor;
import org.octothorpe.bindings.oct_convert_args;
import org.octothorpe.bindings.octothorpe;

/** Conversions between element types. */
@CheckReturnValue
public final class Convert {
  private Convert() {}

  /**
   * y = x in y's type, F32 or BF16, to nearest even; a copy for equal types. One shape, apart in
   * memory.
   */
  public static Call forward(Tensor x, Tensor y) {
    return NativeCall.<oct_convert_args>prepare(
        "convert", octothorpe::oct_convert_prepare, new oct_convert_args(), x, y);
  }
}
