package org.octothorpe.dense;

import org.octothorpe.Shape;

/**
 * The shape of a dense 2-D convolution.
 *
 * @param n images
 * @param h input rows
 * @param w input columns
 * @param c input channels
 * @param k output channels
 * @param r filter rows
 * @param s filter columns
 * @param stride stride of rows and columns
 * @param padding padding of rows and columns
 */
public record DenseConv(
    long n, long h, long w, long c, long k, long r, long s, long stride, long padding) {
  /** Returns the output rows. */
  public long p() {
    return (h + 2 * padding - r) / stride + 1;
  }

  /** Returns the output columns. */
  public long q() {
    return (w + 2 * padding - s) / stride + 1;
  }

  /** Returns [N,H,W,C]. */
  public Shape x() {
    return Shape.nhwc(n, h, w, c);
  }

  /** Returns [K,R,S,C]. */
  public Shape weight() {
    return Shape.of(k, r, s, c);
  }

  /** Returns [N,P,Q,K]. */
  public Shape y() {
    return Shape.nhwc(n, p(), q(), k);
  }
}
