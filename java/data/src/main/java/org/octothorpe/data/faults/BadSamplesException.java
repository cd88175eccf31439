package org.octothorpe.data.faults;

import java.util.Locale;

/**
 * More images of a data set are bad than its user allows; the message names the first few and why.
 */
public final class BadSamplesException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final double share;

  /**
   * Makes an exception.
   *
   * @param share that was bad
   */
  public BadSamplesException(String message, double share) {
    super(message);
    this.share = share;
  }

  /** Copies an exception of another thread, with that one as the cause. */
  public BadSamplesException(BadSamplesException cause) {
    super(cause.getMessage(), cause);
    this.share = cause.share;
  }

  /** Returns the share of the data set that is bad, as far as it has been read. */
  public double share() {
    return share;
  }

  /**
   * Returns a limit under which the data could be used so far, with as much room again: 1, 2 or 5
   * times a power of ten, at most 1.
   */
  public double sufficientLimit() {
    double power = Math.pow(10, Math.floor(Math.log10(2 * share)));
    for (double digit : new double[] {1, 2, 5, 10}) {
      double limit = digit * power;
      if (limit >= 2 * share) {
        // By its decimal digits: 3 x 0.1 is not 0.3.
        return Math.min(1, Double.parseDouble(String.format(Locale.ROOT, "%.1g", limit)));
      }
    }
    return 1;
  }
}
