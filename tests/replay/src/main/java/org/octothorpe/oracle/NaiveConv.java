package org.octothorpe.oracle;

import org.jspecify.annotations.Nullable;
import org.octothorpe.Shape;
import org.octothorpe.ops.GroupedConv;

/**
 * The passes of a convolution as sums in double, straight from the definition: y[n,p,q,k] takes
 * weight[k,r,s,c] times x at row p strideH - paddingH + r dilationH, column likewise, for the
 * channels of k's group. x [N,H,W,C], weight [K,R,S,C/G], y [N,P,Q,K].
 */
public final class NaiveConv {
  private final GroupedConv conv;
  private final Shape x;
  private final Shape weight;
  private final Shape y;

  /** Makes the convolution of one geometry. */
  public NaiveConv(GroupedConv conv, Shape x, Shape weight) {
    this.conv = conv;
    this.x = x;
    this.weight = weight;
    this.y = conv.outputShape(x, weight);
  }

  /** Returns a fully connected layer as a 1x1 convolution of images of one pixel. */
  public static NaiveConv linear(long rows, long inputs, long outputs) {
    return new NaiveConv(
        GroupedConv.of(1, 1, 0), Shape.nhwc(rows, 1, 1, inputs), Shape.of(outputs, 1, 1, inputs));
  }

  /** Returns the shape of y. */
  public Shape output() {
    return y;
  }

  /** Returns y. */
  public Sums forward(double[] x, double[] weight, double @Nullable [] bias) {
    Sums sums = new Sums(y.elements());
    int outputs = outputs();
    for (int i = 0; bias != null && i < sums.value.length; i++) {
      sums.add(i, bias[i % outputs]);
    }
    walk(
        (xi, wi, yi, count) -> {
          double value = 0;
          double magnitude = 0;
          for (int c = 0; c < count; c++) {
            double product = x[xi + c] * weight[wi + c];
            value += product;
            magnitude += Math.abs(product);
          }
          sums.add(yi, value, magnitude, count);
        });
    return sums;
  }

  /** Returns the gradient of x. */
  public Sums backwardData(double[] dy, double[] weight) {
    Sums sums = new Sums(x.elements());
    walk((xi, wi, yi, count) -> sums.addRow(xi, dy[yi], weight, wi, count));
    return sums;
  }

  /** Returns the gradient of the weight. */
  public Sums backwardWeight(double[] x, double[] dy) {
    Sums sums = new Sums(weight.elements());
    walk((xi, wi, yi, count) -> sums.addRow(wi, dy[yi], x, xi, count));
    return sums;
  }

  /** Returns the gradient of the bias. */
  public Sums backwardBias(double[] dy) {
    int outputs = outputs();
    Sums sums = new Sums(outputs);
    for (int i = 0; i < dy.length; i++) {
      sums.add(i % outputs, dy[i]);
    }
    return sums;
  }

  private int outputs() {
    return Math.toIntExact(weight.get(0));
  }

  /** Visits one output and the {@code count} channels of one tap that it sees. */
  @FunctionalInterface
  private interface Tap {
    void visit(int x, int weight, int y, int count);
  }

  private void walk(Tap tap) {
    int in = Math.toIntExact(weight.get(3));
    int out = Math.toIntExact(weight.get(0) / conv.groups());
    int iy = 0;
    for (long n = 0; n < y.get(0); n++) {
      for (long p = 0; p < y.get(1); p++) {
        for (long q = 0; q < y.get(2); q++) {
          for (int k = 0; k < y.get(3); k++, iy++) {
            for (long r = 0; r < weight.get(1); r++) {
              long h = p * conv.strideH() - conv.paddingH() + r * conv.dilationH();
              for (long s = 0; s < weight.get(2); s++) {
                long w = q * conv.strideW() - conv.paddingW() + s * conv.dilationW();
                if (h >= 0 && h < x.get(1) && w >= 0 && w < x.get(2)) {
                  long group = k / out;
                  long ix = ((n * x.get(1) + h) * x.get(2) + w) * x.get(3) + group * in;
                  long iw = ((k * weight.get(1) + r) * weight.get(2) + s) * in;
                  tap.visit(Math.toIntExact(ix), Math.toIntExact(iw), iy, in);
                }
              }
            }
          }
        }
      }
    }
  }
}
