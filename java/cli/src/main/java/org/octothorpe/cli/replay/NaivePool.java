package org.octothorpe.cli.replay;

/** The pools of a residual network: 3x3 maxima with stride 2, and the mean over H and W. */
final class NaivePool {
  private static final int KERNEL = 3;
  private static final int STRIDE = 2;
  private static final int PADDING = 1;

  private final Rounding rounding;
  private final NaiveTensor x;

  /** For each maximum the place in x, the first of equal ones. */
  private int[] places = {};

  NaivePool(Rounding rounding, NaiveTensor x) {
    this.rounding = rounding;
    this.x = x;
  }

  /** Returns the maxima, [N,C,P,Q]. */
  NaiveTensor maximum() {
    int rows = (x.h + 2 * PADDING - KERNEL) / STRIDE + 1;
    int columns = (x.w + 2 * PADDING - KERNEL) / STRIDE + 1;
    double[] y = new double[x.n * x.c * rows * columns];
    places = new int[y.length];
    for (int i = 0; i < y.length; i++) {
      int plane = i / (rows * columns);
      int top = i / columns % rows * STRIDE - PADDING;
      int left = i % columns * STRIDE - PADDING;
      y[i] = Double.NEGATIVE_INFINITY;
      for (int h = Math.max(0, top); h < Math.min(x.h, top + KERNEL); h++) {
        for (int w = Math.max(0, left); w < Math.min(x.w, left + KERNEL); w++) {
          int place = (plane * x.h + h) * x.w + w;
          if (x.values[place] > y[i]) {
            y[i] = x.values[place];
            places[i] = place;
          }
        }
      }
    }
    return new NaiveTensor(x.n, x.c, rows, columns, y);
  }

  /** Propagates the gradient of the maxima to x. */
  void backwardMaximum(NaiveTensor y) {
    double[] dx = new double[x.values.length];
    double[] dy = y.gradient();
    for (int i = 0; i < dy.length; i++) {
      dx[places[i]] += dy[i];
    }
    x.contribute(rounding.activation(dx), rounding);
  }

  /** Returns the means, [N,C,1,1]. */
  NaiveTensor mean() {
    double[] y = new double[x.n * x.c];
    for (int i = 0; i < x.values.length; i++) {
      y[i / x.pixels()] += x.values[i];
    }
    for (int i = 0; i < y.length; i++) {
      y[i] = rounding.activation(y[i] / x.pixels());
    }
    return new NaiveTensor(x.n, x.c, 1, 1, y);
  }

  /** Propagates the gradient of the means to x. */
  void backwardMean(NaiveTensor y) {
    double[] dx = new double[x.values.length];
    for (int i = 0; i < dx.length; i++) {
      dx[i] = rounding.activation(y.gradient()[i / x.pixels()] / x.pixels());
    }
    x.contribute(dx, rounding);
  }
}
