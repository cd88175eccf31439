package org.octothorpe.ops;

import org.octothorpe.Call;

/**
 * A source of kernels for convolutions and matrix products on one device: this library's own, or a
 * vendor's. {@link Kernels} asks the providers of a device in order; the first that does not refuse
 * computes.
 */
public interface KernelProvider extends AutoCloseable {
  /** Returns its name with its version, as in {@code oneDNN 3.13.0}. */
  String name();

  /** Returns whether its results are bitwise equal for any number of threads. */
  boolean deterministic();

  /**
   * Prepares one pass of a convolution.
   *
   * @throws RefusedException if it has no kernel for it, or leaves it to a faster provider
   * @throws IllegalArgumentException if the problem breaks a rule
   */
  Call convolution(ConvProblem problem) throws RefusedException;

  /**
   * Prepares one pass of a fully connected layer.
   *
   * @throws RefusedException if it has no kernel for it, or leaves it to a faster provider
   * @throws IllegalArgumentException if the problem breaks a rule
   */
  Call linear(LinearProblem problem) throws RefusedException;

  @Override
  void close();
}
