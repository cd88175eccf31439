package org.octothorpe;

/** A failure that a native library or a device reported. */
public final class OctothorpeException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int status;

  /**
   * Wraps a failure.
   *
   * @param status one of the {@code OCT_*} status codes of {@code types.h}
   * @param message what failed, with the values that broke the rule
   */
  public OctothorpeException(int status, String message) {
    super(message);
    this.status = status;
  }

  /** Returns the {@code OCT_*} status code of {@code types.h}. */
  public int status() {
    return status;
  }
}
