package org.octothorpe.replay;

import org.jspecify.annotations.Nullable;
import org.octothorpe.Shape;
import org.octothorpe.oracle.Rounding;

/** An activation [N,H,W,C] and, once the backward pass reached it, its gradient. */
final class NaiveTensor {
  final Shape shape;
  final double[] values;
  private double @Nullable [] gradient;

  NaiveTensor(Shape shape, double[] values) {
    this.shape = shape;
    this.values = values;
  }

  /** Returns the number of channels. */
  int channels() {
    return Math.toIntExact(shape.get(3));
  }

  /** Returns the complete gradient. */
  double[] gradient() {
    if (gradient == null) {
      throw new IllegalStateException("the backward pass did not reach an activation");
    }
    return gradient;
  }

  /** Takes a gradient, or adds it to an earlier one. */
  void contribute(double[] part, Rounding rounding) {
    if (gradient == null) {
      gradient = part;
      return;
    }
    for (int i = 0; i < part.length; i++) {
      gradient[i] = rounding.activation(gradient[i] + part[i]);
    }
  }
}
