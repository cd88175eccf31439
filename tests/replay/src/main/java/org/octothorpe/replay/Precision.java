package org.octothorpe.replay;

import org.octothorpe.DType;
import org.octothorpe.oracle.Rounding;
import org.octothorpe.oracle.Sums;

/**
 * What a result of a type may be wrong by.
 *
 * @param dtype the type of activations and weights
 * @param input relative error of rounding an input to the type; inputs are exact in F32
 * @param output relative error of rounding a result to the type
 */
record Precision(DType dtype, double input, double output) {
  /** Unit roundoff of F32, in which all sums run. */
  static final double F32_ROUNDOFF = Rounding.ROUNDOFF;

  private static final double BF16_ROUNDOFF = 0x1p-8;

  static Precision of(DType dtype) {
    return dtype == DType.BF16
        ? new Precision(dtype, BF16_ROUNDOFF, BF16_ROUNDOFF)
        : new Precision(dtype, 0, F32_ROUNDOFF);
  }

  /**
   * Returns the tolerance of sums of {@code terms} products of two inputs.
   *
   * <p>Rounding in such a sum walks at random: sqrt(terms) roundoffs of the sum's size; four times
   * that covers unlucky signs. To it comes the rounding of both factors and of the result, and half
   * a roundoff by which the expected values themselves may be rounded to F32.
   */
  double sum(double terms) {
    return 4 * F32_ROUNDOFF * Math.sqrt(terms) + 2 * input + output + F32_ROUNDOFF;
  }

  /** Returns the tolerance of F32 sums, such as gradients of weights, of products of two inputs. */
  double f32Sum(double terms) {
    return 4 * F32_ROUNDOFF * Math.sqrt(terms) + 2 * input + 2 * F32_ROUNDOFF;
  }

  /**
   * Returns what sums may be wrong by however small they are, the root mean square over a tensor:
   * where products cancel, what is left is off by roundoffs of their magnitudes, four times of
   * which cover unlucky signs, and by the rounding of the factors, which walks at random.
   */
  double floor(Sums sums) {
    double squares = 0;
    for (int i = 0; i < sums.value.length; i++) {
      double inputs = 2 * input / Math.sqrt(Math.max(1, sums.terms[i]));
      squares += Math.pow((4 * F32_ROUNDOFF + inputs) * sums.magnitude[i], 2);
    }
    return Math.sqrt(squares / sums.value.length);
  }

  boolean isF32() {
    return dtype == DType.F32;
  }
}
