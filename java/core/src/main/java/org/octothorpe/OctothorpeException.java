package org.octothorpe;

/** A failure that a native library or a device reported. */
public final class OctothorpeException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final Status status;

  /**
   * Wraps a failure.
   *
   * @param message what failed, with the values that broke the rule
   */
  public OctothorpeException(Status status, String message) {
    super(message);
    this.status = status;
  }

  /** Returns the kind of failure. */
  public Status status() {
    return status;
  }
}
