package org.octothorpe.cli.replay;

import java.util.SplittableRandom;
import org.octothorpe.DType;

/**
 * Where a naive run rounds: every value that a device keeps in memory is rounded to the type that
 * it has there; sums are exact.
 */
final class Rounding {
  private enum Of {
    NOTHING,
    F32,
    BF16
  }

  /** How far, relative, F32 sums in another order may lie from the exact ones: four roundoffs. */
  private static final double ANOTHER_ORDER = 4 * Precision.F32_ROUNDOFF;

  private final Of activations;
  private final SplittableRandom order;

  private Rounding(Of activations, long seed) {
    this.activations = activations;
    this.order = new SplittableRandom(seed);
  }

  /** Returns no rounding: all is double. */
  static Rounding none() {
    return new Rounding(Of.NOTHING, 0);
  }

  /**
   * Returns the rounding of a device that keeps activations, their gradients and weights in a type,
   * all else in F32.
   *
   * @param seed of the order of sums, which in BF16 decides between neighbours where a sum lies
   *     about half-way
   */
  static Rounding of(DType dtype, long seed) {
    return new Rounding(dtype == DType.BF16 ? Of.BF16 : Of.F32, seed);
  }

  /** Rounds a statistic, a parameter or its gradient. */
  double f32(double value) {
    return activations == Of.NOTHING ? value : (float) value;
  }

  /** Rounds every value as {@link #f32(double)}, in place. */
  double[] f32(double[] values) {
    for (int i = 0; i < values.length; i++) {
      values[i] = f32(values[i]);
    }
    return values;
  }

  /** Rounds an activation or a gradient of one, the result of a sum. */
  double activation(double value) {
    return activations == Of.BF16
        ? weight(value * (1 + ANOTHER_ORDER * order.nextDouble(-1, 1)))
        : f32(value);
  }

  /** Rounds every value as {@link #activation(double)}, in place. */
  double[] activation(double[] values) {
    for (int i = 0; i < values.length; i++) {
      values[i] = activation(values[i]);
    }
    return values;
  }

  /** Rounds a weight, or an input, as a device converts it. */
  double weight(double value) {
    return activations == Of.BF16 ? DType.fromBf16(DType.toBf16((float) value)) : f32(value);
  }

  /** Rounds every value as {@link #weight(double)}, in place. */
  double[] weight(double[] values) {
    for (int i = 0; i < values.length; i++) {
      values[i] = weight(values[i]);
    }
    return values;
  }
}
