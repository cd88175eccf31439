package org.octothorpe.dense;

import org.octothorpe.Pass;
import org.octothorpe.DType;

/** A source of dense (one-group) convolutions and matrix products for one device. */
public interface DenseKernels extends AutoCloseable {
  /** Returns the source with its version, for logs. */
  String name();

  /**
   * Prepares one pass of a convolution.
   *
   * <p>Operands of {@link DenseCall#bind}, activations NHWC, weights KRSC:
   *
   * <ul>
   *   <li>forward: a = x [N,H,W,C], b = weight [K,R,S,C], bias F32 [K] or null, out = y [N,P,Q,K];
   *   <li>backward_data: a = dy, b = weight, out = dx (overwritten);
   *   <li>backward_weight: a = x, b = dy, bias = dbias F32 [K] or null, out = dweight F32
   *       (overwritten).
   * </ul>
   *
   * @param dtype the type of x, weight, y and their gradients but dweight: F32 or BF16
   */
  DenseCall convolution(Pass pass, DenseConv shape, DType dtype, boolean bias);

  /**
   * Prepares one pass of a fully connected layer, y = x weight^T + bias; x [B,D], weight [V,D], y
   * [B,V]. Operands as those of {@link #convolution}.
   */
  DenseCall linear(
      Pass pass, long batch, long inputs, long outputs, DType dtype, boolean bias);

  @Override
  void close();
}
