package org.octothorpe.cli.replay;

import org.jspecify.annotations.Nullable;

/** An activation [N,C,H,W] and, once the backward pass reached it, its gradient. */
final class NaiveTensor {
  final int n;
  final int c;
  final int h;
  final int w;
  final double[] values;
  private double @Nullable [] gradient;

  NaiveTensor(int n, int c, int h, int w, double[] values) {
    this.n = n;
    this.c = c;
    this.h = h;
    this.w = w;
    this.values = values;
  }

  /** Returns the number of pixels of one channel of one image. */
  int pixels() {
    return h * w;
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
