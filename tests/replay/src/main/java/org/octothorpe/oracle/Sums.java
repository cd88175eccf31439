package org.octothorpe.oracle;

import org.octothorpe.DType;

/**
 * Sums of products in double, with the sums of their magnitudes and the numbers of their terms,
 * from which tolerances follow.
 */
public final class Sums {
  /** The exact values, but for the rounding of double. */
  public final double[] value;

  /** Sums of the magnitudes of the products. */
  public final double[] magnitude;

  /** Numbers of products. */
  public final int[] terms;

  /** Starts sums at 0. */
  public Sums(long count) {
    value = new double[Math.toIntExact(count)];
    magnitude = new double[value.length];
    terms = new int[value.length];
  }

  /** Adds a product to sum {@code i}. */
  public void add(int i, double product) {
    value[i] += product;
    magnitude[i] += Math.abs(product);
    terms[i]++;
  }

  /** Adds a sum of {@code count} products to sum {@code i}. */
  void add(int i, double sum, double magnitudes, int count) {
    value[i] += sum;
    magnitude[i] += magnitudes;
    terms[i] += count;
  }

  /**
   * Adds the products of one factor with {@code count} others to as many sums, from {@code to} on.
   */
  void addRow(int to, double factor, double[] factors, int from, int count) {
    for (int c = 0; c < count; c++) {
      double product = factor * factors[from + c];
      value[to + c] += product;
      magnitude[to + c] += Math.abs(product);
      terms[to + c]++;
    }
  }

  /**
   * Returns what a result may be wrong by. A sum of n products in F32, in any order, fused or not,
   * is off by at most (n + 1) 2^-24 of the sum of their magnitudes [Higham 2002, section 3.1; the 1
   * % covers the terms of second order]. Denormal products of BF16 may count as 0. A BF16 result is
   * then rounded to 8 bits, by at most 2^-8 of its value.
   *
   * @param dtype the type of the result
   */
  public double tolerance(int i, DType dtype) {
    int n = terms[i];
    double tolerance = 1.01 * (n + 1) * 0x1p-24 * magnitude[i] + n * 0x1p-126;
    return dtype == DType.BF16 ? tolerance + 0x1p-8 * (Math.abs(value[i]) + tolerance) : tolerance;
  }

  /**
   * Fails unless the results are these sums within {@link #tolerance}; NaN fails.
   *
   * @param dtype the type of the results
   */
  public void check(String what, float[] actual, DType dtype) {
    if (actual.length != value.length) {
      throw new AssertionError(
          what + " has " + actual.length + " values, expected " + value.length);
    }
    for (int i = 0; i < actual.length; i++) {
      double tolerance = tolerance(i, dtype);
      // Not the other way round: NaN fails.
      if (!(Math.abs(actual[i] - value[i]) <= tolerance)) {
        throw new AssertionError(
            what
                + "["
                + i
                + "] is "
                + actual[i]
                + ", expected "
                + value[i]
                + " +- "
                + tolerance
                + ", a sum of "
                + terms[i]
                + " terms");
      }
    }
  }
}
