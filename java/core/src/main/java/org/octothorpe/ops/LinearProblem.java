package org.octothorpe.ops;

import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.octothorpe.DType;
import org.octothorpe.Pass;
import org.octothorpe.Tensor;

/**
 * One pass of a fully connected layer with its operands by their places: x and y stand for dx and
 * dy, weight and bias for dweight and dbias where the pass writes those.
 *
 * @param x [B,D], F32 or BF16
 * @param weight [V,D], of x's type; F32 in the pass backward_weight
 * @param bias F32 [V], or null
 * @param y [B,V], of x's type
 */
public record LinearProblem(Pass pass, Tensor x, Tensor weight, @Nullable Tensor bias, Tensor y) {
  /** Returns the element type of activations. */
  public DType dtype() {
    return x.dtype();
  }

  @Override
  public String toString() {
    return "linear "
        + pass.name().toLowerCase(Locale.ROOT)
        + " of "
        + dtype()
        + " x "
        + x.shape()
        + ", weight "
        + weight.shape();
  }
}
