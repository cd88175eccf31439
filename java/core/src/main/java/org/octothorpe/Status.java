package org.octothorpe;

import org.octothorpe.bindings.octothorpe;
import org.octothorpe.internal.Natives;

/** The kinds of failure of the native libraries, {@code oct_status} of {@code types.h}. */
public enum Status {
  /** A shape, type or value breaks the rule that the message names. */
  INVALID_ARGUMENT(1),
  /** The arguments are legal, but the device has no kernel for them. */
  UNSUPPORTED(2),
  /** An allocation failed. */
  OUT_OF_MEMORY(3),
  /** The device reported an asynchronous error. */
  DEVICE_FAULT(4),
  /** Bytes that came from outside are not what they claim to be. */
  CORRUPT_DATA(5);

  private static final int OK = 0;

  private final int code;

  Status(int code) {
    this.code = code;
  }

  /**
   * Throws unless a native call succeeded.
   *
   * @param code what the call returned, an {@code oct_status}
   * @throws IllegalArgumentException for {@link #INVALID_ARGUMENT}; the message names operation,
   *     argument, value and rule
   * @throws OctothorpeException for any other failure
   */
  public static void check(int code) {
    if (code != OK) {
      throw failure(code);
    }
  }

  private static RuntimeException failure(int code) {
    String message = Natives.text(octothorpe.oct_last_error());
    for (Status status : values()) {
      if (status.code == code) {
        return status == INVALID_ARGUMENT
            ? new IllegalArgumentException(message)
            : new OctothorpeException(status, message);
      }
    }
    return new IllegalStateException("unknown status " + code + ": " + message);
  }
}
