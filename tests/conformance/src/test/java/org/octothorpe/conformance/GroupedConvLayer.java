package org.octothorpe.conformance;

import java.util.random.RandomGenerator;
import org.octothorpe.Shape;
import org.octothorpe.ops.GroupedConv;
import org.octothorpe.oracle.NaiveConv;

/** One convolution with its shapes: x [n,h,w,c], weight [k,r,s,c/groups]. */
record GroupedConvLayer(int n, int h, int w, int c, int k, int r, int s, GroupedConv conv) {
  /** Returns the convolution on one line of {@code tests/shapes/grouped_conv.txt}. */
  static GroupedConvLayer of(int[] v) {
    GroupedConv conv = new GroupedConv(v[5], v[8], v[9], v[10], v[11], v[12], v[13]);
    return new GroupedConvLayer(v[0], v[1], v[2], v[3], v[4], v[6], v[7], conv);
  }

  /**
   * Returns a small legal convolution; a third of them have packed groups, C/G = K/G a power of 2.
   */
  static GroupedConvLayer random(RandomGenerator random) {
    while (true) {
      int groups = 1 + random.nextInt(9);
      int in = 1 + random.nextInt(20);
      int out = 1 + random.nextInt(40);
      if (random.nextInt(3) == 0) {
        in = out = 1 << random.nextInt(5);
      }
      GroupedConv conv =
          new GroupedConv(
              groups,
              1 + random.nextInt(3),
              1 + random.nextInt(3),
              random.nextInt(4),
              random.nextInt(4),
              1 + random.nextInt(2),
              1 + random.nextInt(2));
      GroupedConvLayer layer =
          new GroupedConvLayer(
              1 + random.nextInt(3),
              1 + random.nextInt(12),
              1 + random.nextInt(33),
              groups * in,
              groups * out,
              1 + random.nextInt(4),
              1 + random.nextInt(4),
              conv);
      if (layer.h + 2 * conv.paddingH() > conv.dilationH() * (layer.r - 1)
          && layer.w + 2 * conv.paddingW() > conv.dilationW() * (layer.s - 1)) {
        return layer;
      }
    }
  }

  /** Returns its passes by plain loops. */
  NaiveConv naive() {
    return new NaiveConv(conv, x(), weight());
  }

  Shape x() {
    return Shape.nhwc(n, h, w, c);
  }

  Shape weight() {
    return Shape.of(k, r, s, c / conv.groups());
  }

  Shape y() {
    return conv.outputShape(x(), weight());
  }
}
