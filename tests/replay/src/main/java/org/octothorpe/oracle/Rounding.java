package org.octothorpe.oracle;

import java.util.SplittableRandom;
import org.octothorpe.DType;

/**
 * Where a naive run rounds: every value that a device keeps in memory is rounded to the type that
 * it has there, and a sum is off by what adding its terms one after the other in F32 costs.
 *
 * <p>A sum that is made in double is exact; a device adds in F32, in an order of its own. Each of n
 * additions rounds the sum so far, by a value spread evenly over one unit roundoff u of it, u / √3
 * of it in the root mean square. If all n terms have one sign, the sum grows evenly, and the
 * roundings add up to u √n / 3 of it. If the signs are random, the sum so far grows with the root
 * of the number of terms, and the roundings add up to u / √6 of the sum of the terms' magnitudes.
 * Every order of summation that splits the terms errs less. A draw takes a normal distribution
 * whose deviation is the larger of the two.
 */
public final class Rounding {
  /** Unit roundoff of F32, in which all sums run. */
  public static final double ROUNDOFF = 0x1p-24;

  private enum Of {
    NOTHING,
    F32,
    BF16
  }

  private final Of activations;
  private final SplittableRandom order;
  private final double margin;

  private Rounding(Of activations, long seed, double margin) {
    this.activations = activations;
    this.order = new SplittableRandom(seed);
    this.margin = margin;
  }

  /** Returns no rounding: all is double. */
  public static Rounding none() {
    return new Rounding(Of.NOTHING, 0, 0);
  }

  /**
   * Returns the rounding of a device that keeps activations, their gradients and weights in a type,
   * all else in F32.
   *
   * @param seed of the order of sums
   * @param margin a factor of the errors of sums
   */
  public static Rounding of(DType dtype, long seed, double margin) {
    return new Rounding(dtype == DType.BF16 ? Of.BF16 : Of.F32, seed, margin);
  }

  /** Rounds a statistic, a parameter or its gradient. */
  public double f32(double value) {
    return activations == Of.NOTHING ? value : (float) value;
  }

  /** Rounds a weight, an input or an activation, as a device converts it. */
  public double activation(double value) {
    return activations == Of.BF16 ? DType.fromBf16(DType.toBf16((float) value)) : f32(value);
  }

  /** Rounds every value as {@link #activation(double)}, in place. */
  public double[] activation(double[] values) {
    for (int i = 0; i < values.length; i++) {
      values[i] = activation(values[i]);
    }
    return values;
  }

  /** Returns a sum as a device makes it in F32. */
  public double sum(double value, double magnitude, double terms) {
    if (activations == Of.NOTHING) {
      return value;
    }
    double sameSign = Math.sqrt(terms) / 3 * Math.abs(value);
    double error = margin * ROUNDOFF * Math.max(sameSign, magnitude / Math.sqrt(6));
    return (float) (value + error * order.nextGaussian());
  }

  /**
   * Returns sums as a device makes them in F32 from the distances to one of the values, which then
   * may all have one sign: they are off as sums of the magnitudes are.
   */
  public double[] shiftedSums(Sums sums) {
    double[] values = new double[sums.value.length];
    for (int i = 0; i < values.length; i++) {
      double sameSign = Math.sqrt(6 * sums.terms[i]) / 3 * sums.magnitude[i];
      values[i] = sum(sums.value[i], Math.max(sameSign, sums.magnitude[i]), sums.terms[i]);
    }
    return values;
  }

  /** Returns sums as a device makes them in F32. */
  public double[] sums(Sums sums) {
    double[] values = new double[sums.value.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = sum(sums.value[i], sums.magnitude[i], sums.terms[i]);
    }
    return values;
  }
}
