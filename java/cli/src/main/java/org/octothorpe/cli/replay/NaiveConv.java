package org.octothorpe.cli.replay;

/** A grouped convolution; weight [K,C/G,R,R]. */
final class NaiveConv {
  /** Visits a row of outputs, each of which takes one weight times one input. */
  private interface Row {
    /**
     * Visits {@code count} outputs from {@code y} on and inputs from {@code x} on, {@link #stride}
     * apart.
     */
    void visit(int weight, int x, int y, int count);
  }

  private final Rounding rounding;
  private final NaiveTensor x;
  private final double[] weight;
  private final int outputs;
  private final int kernel;
  private final int stride;
  private final int padding;
  private final int groups;
  private final int rows;
  private final int columns;

  /** Makes a convolution of {@code x}; {@code weight} is rounded as it is used. */
  NaiveConv(
      Rounding rounding,
      NaiveTensor x,
      double[] weight,
      int outputs,
      int kernel,
      int stride,
      int padding,
      int groups) {
    this.rounding = rounding;
    this.x = x;
    this.weight = weight;
    this.outputs = outputs;
    this.kernel = kernel;
    this.stride = stride;
    this.padding = padding;
    this.groups = groups;
    this.rows = (x.h + 2 * padding - kernel) / stride + 1;
    this.columns = (x.w + 2 * padding - kernel) / stride + 1;
  }

  /** Returns y [N,K,P,Q], without a bias. */
  NaiveTensor forward() {
    return forward(new double[outputs]);
  }

  /** Returns y [N,K,P,Q]. */
  NaiveTensor forward(double[] bias) {
    double[] y = new double[x.n * outputs * rows * columns];
    for (int i = 0; i < y.length; i++) {
      y[i] = bias[i / (rows * columns) % outputs];
    }
    walk(
        (wi, xi, yi, count) -> {
          for (int q = 0; q < count; q++) {
            y[yi + q] += weight[wi] * x.values[xi + q * stride];
          }
        });
    return new NaiveTensor(x.n, outputs, rows, columns, rounding.activation(y));
  }

  /** Returns the gradient of x. */
  double[] backwardData(double[] dy) {
    double[] dx = new double[x.values.length];
    walk(
        (wi, xi, yi, count) -> {
          for (int q = 0; q < count; q++) {
            dx[xi + q * stride] += weight[wi] * dy[yi + q];
          }
        });
    return rounding.activation(dx);
  }

  /** Returns the gradient of the weight. */
  double[] backwardWeight(double[] dy) {
    double[] dweight = new double[weight.length];
    walk(
        (wi, xi, yi, count) -> {
          for (int q = 0; q < count; q++) {
            dweight[wi] += dy[yi + q] * x.values[xi + q * stride];
          }
        });
    return rounding.f32(dweight);
  }

  /** Returns the gradient of the bias. */
  double[] backwardBias(double[] dy) {
    double[] dbias = new double[outputs];
    for (int i = 0; i < dy.length; i++) {
      dbias[i / (rows * columns) % outputs] += dy[i];
    }
    return rounding.f32(dbias);
  }

  private void walk(Row row) {
    int in = x.c / groups;
    int out = outputs / groups;
    for (int n = 0; n < x.n; n++) {
      for (int k = 0; k < outputs; k++) {
        for (int c = 0; c < in; c++) {
          int image = (n * x.c + k / out * in + c) * x.h;
          for (int r = 0; r < kernel; r++) {
            for (int s = 0; s < kernel; s++) {
              // The columns whose input q stride + s - padding is in [0, W).
              int first = Math.max(0, -Math.floorDiv(s - padding, stride));
              int last = Math.min(columns - 1, Math.floorDiv(x.w - 1 + padding - s, stride));
              for (int p = 0; p < rows && first <= last; p++) {
                int h = p * stride + r - padding;
                if (h >= 0 && h < x.h) {
                  row.visit(
                      ((k * in + c) * kernel + r) * kernel + s,
                      (image + h) * x.w + first * stride + s - padding,
                      ((n * outputs + k) * rows + p) * columns + first,
                      last - first + 1);
                }
              }
            }
          }
        }
      }
    }
  }
}
