package org.octothorpe.data;

/**
 * More images of a data set are bad than its user allows; the message names the first few and why.
 */
public final class BadSamplesException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  BadSamplesException(String message) {
    super(message);
  }

  BadSamplesException(String message, Throwable cause) {
    super(message, cause);
  }
}
