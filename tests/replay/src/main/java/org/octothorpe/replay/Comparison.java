package org.octothorpe.replay;

import java.util.Locale;

/**
 * The verdict on one tensor.
 *
 * @param tensor its name
 * @param relativeError L2 norm of the error over that of the expected values; the error's own norm
 *     where those are all 0
 * @param largestError largest absolute error
 * @param tolerance of the relative error; 0 asks for equal values
 * @param pass whether the tensor is as it should be
 */
record Comparison(
    String tensor, double relativeError, double largestError, double tolerance, boolean pass) {
  /**
   * How much worse than the tensor's relative error one element may be, as a multiple of the
   * tolerance times the largest expected value: rounding errors spread like a normal distribution,
   * which exceeds 6 deviations once in 5e8. Catches what the norm hides: one wrong element in many.
   */
  private static final double OUTLIER = 8;

  /** Compares; both in the same order. NaN never passes; equal infinities do. */
  static Comparison of(String tensor, double[] expected, float[] actual, double tolerance) {
    return of(tensor, expected, actual, tolerance, 0);
  }

  /** Compares as above. */
  static Comparison of(String tensor, double[] expected, double[] actual, double tolerance) {
    return of(tensor, expected, actual, tolerance, 0);
  }

  /**
   * Compares with an absolute floor.
   *
   * @param floor the root mean square that the errors may have however small the expected values
   *     are: what is left of large terms that cancel is off by a part of the terms, not of itself
   */
  static Comparison of(
      String tensor, double[] expected, float[] actual, double tolerance, double floor) {
    double[] values = new double[actual.length];
    for (int i = 0; i < values.length; i++) {
      values[i] = actual[i];
    }
    return of(tensor, expected, values, tolerance, floor);
  }

  private static Comparison of(
      String tensor, double[] expected, double[] actual, double tolerance, double floor) {
    if (expected.length != actual.length) {
      throw new IllegalArgumentException(
          tensor + " has " + actual.length + " values, but " + expected.length + " are expected");
    }
    double error = 0;
    double norm = 0;
    double largest = 0;
    double scale = 0;
    for (int i = 0; i < expected.length; i++) {
      double difference = expected[i] == actual[i] ? 0 : actual[i] - expected[i];
      if (!Double.isFinite(difference)) {
        return new Comparison(tensor, Double.NaN, Double.NaN, tolerance, false);
      }
      error += difference * difference;
      norm += Double.isInfinite(expected[i]) ? 0 : expected[i] * expected[i];
      largest = Math.max(largest, Math.abs(difference));
      scale = Math.max(scale, Double.isInfinite(expected[i]) ? 0 : Math.abs(expected[i]));
    }
    // The floor as a part of the norm, as the report has it.
    double reference = norm > 0 ? Math.sqrt(norm) : 1;
    double allowed = Math.max(tolerance, floor * Math.sqrt(expected.length) / reference);
    double relative = Math.sqrt(error) / reference;
    double outlier = OUTLIER * Math.max(tolerance * (scale > 0 ? scale : 1), floor);
    boolean pass = relative <= allowed && largest <= outlier;
    return new Comparison(tensor, relative, largest, allowed, pass);
  }

  /** Returns the line of the report. */
  String line(String name) {
    return String.format(
        Locale.ROOT,
        "%-34s %-36s %10.3g %10.3g %10.3g  %s",
        name,
        tensor,
        relativeError,
        largestError,
        tolerance,
        pass ? "pass" : "FAIL");
  }

  /** Returns the line above those of {@link #line}. */
  static String header() {
    return String.format(
        Locale.ROOT,
        "%-34s %-36s %10s %10s %10s  %s",
        "case",
        "tensor",
        "rel. L2",
        "max abs",
        "tolerance",
        "verdict");
  }
}
