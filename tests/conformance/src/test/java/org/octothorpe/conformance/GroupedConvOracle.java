package org.octothorpe.conformance;

/**
 * The passes of a convolution as sums in double, straight from the definition: y[n,p,q,k] takes
 * weight[k,r,s,c] times x at row p strideH - paddingH + r dilationH, column likewise, for the
 * channels of k's group.
 */
final class GroupedConvOracle {
  /**
   * Sums of products, with the sums of their magnitudes and their numbers, from which tolerances
   * follow.
   */
  static final class Sums {
    final double[] value;
    final double[] magnitude;
    final int[] terms;

    Sums(long count) {
      value = new double[Math.toIntExact(count)];
      magnitude = new double[value.length];
      terms = new int[value.length];
    }

    void add(int i, double product) {
      value[i] += product;
      magnitude[i] += Math.abs(product);
      terms[i]++;
    }
  }

  final Sums y;
  final Sums dx;
  final Sums dweight;
  final Sums dbias;

  GroupedConvOracle(GroupedConvLayer layer, float[] x, float[] weight, float[] bias, float[] dy) {
    y = new Sums(layer.y().elements());
    dx = new Sums(layer.x().elements());
    dweight = new Sums(layer.weight().elements());
    dbias = new Sums(layer.k());
    int groups = (int) layer.conv().groups();
    int in = layer.c() / groups;
    int out = layer.k() / groups;
    int rows = (int) layer.y().get(1);
    int columns = (int) layer.y().get(2);
    for (int n = 0; n < layer.n(); n++) {
      for (int p = 0; p < rows; p++) {
        for (int q = 0; q < columns; q++) {
          for (int k = 0; k < layer.k(); k++) {
            int iy = ((n * rows + p) * columns + q) * layer.k() + k;
            y.add(iy, bias[k]);
            dbias.add(k, dy[iy]);
            for (int r = 0; r < layer.r(); r++) {
              long h =
                  p * layer.conv().strideH()
                      - layer.conv().paddingH()
                      + r * layer.conv().dilationH();
              for (int s = 0; s < layer.s(); s++) {
                long w =
                    q * layer.conv().strideW()
                        - layer.conv().paddingW()
                        + s * layer.conv().dilationW();
                if (h < 0 || h >= layer.h() || w < 0 || w >= layer.w()) {
                  continue;
                }
                int ix =
                    (int) (((long) n * layer.h() + h) * layer.w() + w) * layer.c() + k / out * in;
                int iw = ((k * layer.r() + r) * layer.s() + s) * in;
                for (int c = 0; c < in; c++) {
                  y.add(iy, (double) x[ix + c] * weight[iw + c]);
                  dx.add(ix + c, (double) dy[iy] * weight[iw + c]);
                  dweight.add(iw + c, (double) dy[iy] * x[ix + c]);
                }
              }
            }
          }
        }
      }
    }
  }
}
