package org.octothorpe.cli.replay;

import org.octothorpe.DType;

/**
 * What a result of a type may be wrong by.
 *
 * @param dtype the type of activations and weights
 * @param input relative error of rounding an input to the type; inputs are exact in F32
 * @param output relative error of rounding a result to the type
 */
record Precision(DType dtype, double input, double output) {
  /** Unit roundoff of F32, in which all sums run. */
  static final double F32_ROUNDOFF = 0x1p-24;

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

  boolean isF32() {
    return dtype == DType.F32;
  }
}
