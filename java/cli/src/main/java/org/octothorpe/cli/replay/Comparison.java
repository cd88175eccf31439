package org.octothorpe.cli.replay;

import java.util.Locale;

/**
 * One tensor of a case against its reference.
 *
 * @param tensor name of the tensor
 * @param relativeError L2 norm of the difference over that of the reference (or the norm itself if the reference is 0)
 * @param largestError largest absolute difference; infinite where one is NaN or infinite and the other is something else
 * @param tolerance what the relative error may be
 * @param passed whether it is within
 */
record Comparison(String tensor, double relativeError, double largestError, double tolerance, boolean passed) {
  /** Compares within a relative L2 error. */
  static Comparison within(String tensor, double[] actual, double[] expected, double tolerance) {
    if (actual.length != expected.length) {
      return new Comparison(tensor, Double.POSITIVE_INFINITY, Double.POSITIVE_INFINITY, tolerance, false);
    }
    double difference = 0;
    double norm = 0;
    double largest = 0;
    for (int i = 0; i < actual.length; i++) {
      if (actual[i] == expected[i] || (Double.isNaN(actual[i]) && Double.isNaN(expected[i]))) {
        norm += Double.isFinite(expected[i]) ? expected[i] * expected[i] : 0;
        continue;
      }
      double error = Math.abs(actual[i] - expected[i]);
      if (Double.isNaN(error)) {
        error = Double.POSITIVE_INFINITY;
      }
      largest = Math.max(largest, error);
      difference += error * error;
      norm += expected[i] * expected[i];
    }
    double relative = norm > 0 ? Math.sqrt(difference / norm) : Math.sqrt(difference);
    return new Comparison(tensor, relative, largest, tolerance, relative <= tolerance);
  }

  /** Compares bit for bit (0 and -0 are equal). */
  static Comparison exact(String tensor, double[] actual, double[] expected) {
    Comparison comparison = within(tensor, actual, expected, 0);
    return new Comparison(
        tensor, comparison.relativeError, comparison.largestError, 0, comparison.largestError == 0 && comparison.passed);
  }

  String line(String caseName) {
    return String.format(
        Locale.ROOT,
        "%-34s %-38s %10.2e %10.2e %10.2e  %s",
        caseName,
        tensor,
        relativeError,
        largestError,
        tolerance,
        passed ? "pass" : "FAIL");
  }
}
