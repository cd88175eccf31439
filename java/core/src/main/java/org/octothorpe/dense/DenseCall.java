package org.octothorpe.dense;

import org.jspecify.annotations.Nullable;
import org.octothorpe.Tensor;
import org.octothorpe.Call;

/**
 * One prepared pass: asked for its scratch memory, then bound to tensors, then run as often as
 * wanted.
 */
public interface DenseCall extends AutoCloseable {
  /** Returns the scratch bytes that {@link #bind} needs; may be 0. */
  long workspaceBytes();

  /**
   * Binds the operands ({@link DenseKernels#convolution} says which) and returns the call, which
   * dies with this. The tensors must have their memory by now: the call keeps the addresses.
   *
   * @param workspace U8, at least {@link #workspaceBytes()} long, 64-byte aligned; null if that is
   *     0
   */
  Call bind(Tensor a, Tensor b, @Nullable Tensor bias, Tensor out, @Nullable Tensor workspace);

  @Override
  void close();
}
