package org.octothorpe.ops;

import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.octothorpe.DType;
import org.octothorpe.Pass;
import org.octothorpe.Tensor;

/**
 * One pass of a convolution with its operands by their places: x and y stand for dx and dy, weight
 * and bias for dweight and dbias where the pass writes those.
 *
 * @param x [N,H,W,C], F32 or BF16
 * @param weight [K,R,S,C/G], of x's type; F32 in the pass backward_weight
 * @param bias F32 [K], or null
 * @param y [N,P,Q,K], of x's type
 */
public record ConvProblem(
    GroupedConv conv, Pass pass, Tensor x, Tensor weight, @Nullable Tensor bias, Tensor y) {
  /** Returns the element type of activations. */
  public DType dtype() {
    return x.dtype();
  }

  /** Returns the number of images. */
  public long n() {
    return x.shape().get(0);
  }

  /** Returns the input rows. */
  public long h() {
    return x.shape().get(1);
  }

  /** Returns the input columns. */
  public long w() {
    return x.shape().get(2);
  }

  /** Returns the input channels. */
  public long c() {
    return x.shape().get(3);
  }

  /** Returns the output rows. */
  public long p() {
    return y.shape().get(1);
  }

  /** Returns the output columns. */
  public long q() {
    return y.shape().get(2);
  }

  /** Returns the output channels. */
  public long k() {
    return y.shape().get(3);
  }

  /** Returns the filter rows. */
  public long r() {
    return weight.shape().get(1);
  }

  /** Returns the filter columns. */
  public long s() {
    return weight.shape().get(2);
  }

  @Override
  public String toString() {
    return "convolution "
        + pass.name().toLowerCase(Locale.ROOT)
        + " of "
        + dtype()
        + " x "
        + x.shape()
        + ", weight "
        + weight.shape()
        + ", "
        + conv;
  }
}
