package org.octothorpe.onednn;

import org.octothorpe.dense.DenseConv;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.util.Random;
import org.octothorpe.DType;

/**
 * A convolution by loops in double over random operands, each rounded to the type, with the bound
 * that its sums obey.
 */
public final class NaiveConvolution {
  final float[] x;
  final float[] weight;
  final float[] bias;
  final float[] dy;
  private final DenseConv shape;
  private final DType dtype;

  NaiveConvolution(DenseConv shape, DType dtype, long seed) {
    this.shape = shape;
    this.dtype = dtype;
    Random random = new Random(seed);
    x = values(random, shape.x().elements(), dtype);
    weight = values(random, shape.weight().elements(), dtype);
    bias = values(random, shape.k(), DType.F32);
    dy = values(random, shape.y().elements(), dtype);
  }

  private static float[] values(Random random, long count, DType dtype) {
    float[] values = new float[Math.toIntExact(count)];
    for (int i = 0; i < values.length; i++) {
      float value = random.nextFloat() * 2 - 1;
      values[i] = dtype == DType.BF16 ? DType.fromBf16(DType.toBf16(value)) : value;
    }
    return values;
  }

  void checkForward(float[] y, boolean biased) {
    Sums sums = new Sums(y.length);
    walk((xi, wi, yi, k) -> sums.add(yi, x[xi], weight[wi]));
    if (biased) {
      for (int i = 0; i < y.length; i++) {
        sums.add(i, bias[Math.toIntExact(i % shape.k())], 1);
      }
    }
    sums.check("y", y, dtype);
  }

  void checkBackwardData(float[] dx) {
    Sums sums = new Sums(dx.length);
    walk((xi, wi, yi, k) -> sums.add(xi, dy[yi], weight[wi]));
    sums.check("dx", dx, dtype);
  }

  void checkBackwardWeight(float[] dweight) {
    Sums sums = new Sums(dweight.length);
    walk((xi, wi, yi, k) -> sums.add(wi, dy[yi], x[xi]));
    sums.check("dweight", dweight, DType.F32);
  }

  void checkBackwardBias(float[] dbias) {
    Sums sums = new Sums(dbias.length);
    for (int i = 0; i < dy.length; i++) {
      sums.add(Math.toIntExact(i % shape.k()), dy[i], 1);
    }
    sums.check("dbias", dbias, DType.F32);
  }

  @FunctionalInterface
  private interface Product {
    void visit(int x, int weight, int y, int k);
  }

  /** Visits every product of the convolution with the flat indices of its factors. */
  private void walk(Product product) {
    for (long n = 0; n < shape.n(); n++) {
      for (long p = 0; p < shape.p(); p++) {
        for (long q = 0; q < shape.q(); q++) {
          for (long k = 0; k < shape.k(); k++) {
            int yi = Math.toIntExact(((n * shape.p() + p) * shape.q() + q) * shape.k() + k);
            for (long r = 0; r < shape.r(); r++) {
              long h = p * shape.stride() + r - shape.padding();
              for (long s = 0; s < shape.s(); s++) {
                long w = q * shape.stride() + s - shape.padding();
                if (h < 0 || h >= shape.h() || w < 0 || w >= shape.w()) {
                  continue;
                }
                int xi = Math.toIntExact(((n * shape.h() + h) * shape.w() + w) * shape.c());
                int wi = Math.toIntExact(((k * shape.r() + r) * shape.s() + s) * shape.c());
                for (int c = 0; c < shape.c(); c++) {
                  product.visit(xi + c, wi + c, yi, (int) k);
                }
              }
            }
          }
        }
      }
    }
  }

  /** Sums of products, and of their magnitudes, which bound the rounding error. */
  private static final class Sums {
    private final double[] sum;
    private final double[] magnitude;
    private final int[] terms;

    Sums(int length) {
      sum = new double[length];
      magnitude = new double[length];
      terms = new int[length];
    }

    void add(int index, double a, double b) {
      sum[index] += a * b;
      magnitude[index] += Math.abs(a * b);
      terms[index]++;
    }

    void check(String name, float[] actual, DType dtype) {
      assertThat(actual).hasSize(sum.length);
      for (int i = 0; i < actual.length; i++) {
        // Any order of n F32 additions of n rounded products errs by at most n u sum|ab| (1 + n u),
        // u = 2^-24 [Higham 2002, 4.4];
        // 1.01 covers the second order. Rounding the result to BF16 adds at most 2^-8 of it (ties
        // to even, half of 2^-7... of one
        // binade), and what vdpbf16ps flushes to zero is below 2^-126 a term.
        double bound = 1.01 * terms[i] * 0x1p-24 * magnitude[i] + terms[i] * 0x1p-126;
        if (dtype == DType.BF16) {
          bound += 0x1p-8 * (Math.abs(sum[i]) + bound);
        }
        // Not an assertion a value: millions of them take minutes. The negation catches NaN.
        if (!(Math.abs(actual[i] - sum[i]) <= bound)) {
          fail(
              "%s[%s] is %s, but its %s terms sum to %s, within %s",
              name, i, actual[i], terms[i], sum[i], bound);
        }
      }
    }
  }
}
