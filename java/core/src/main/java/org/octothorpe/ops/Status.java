package org.octothorpe.ops;

import org.bytedeco.javacpp.BytePointer;
import org.octothorpe.OctothorpeException;
import org.octothorpe.bindings.octothorpe;

/** Turns native status codes into exceptions. */
public final class Status {
  private Status() {}

  /**
   * Returns if the status is {@code OCT_OK}.
   *
   * @throws IllegalArgumentException for {@code OCT_INVALID_ARGUMENT}
   * @throws OctothorpeException for any other failure
   */
  public static void check(int status) {
    if (status != octothorpe.OCT_OK) {
      throw failure(status);
    }
  }

  private static RuntimeException failure(int status) {
    BytePointer text = octothorpe.oct_last_error();
    // getString() reads to the limit, past the NUL, unless the limit is set.
    String message = text.limit(BytePointer.strlen(text)).getString();
    return status == octothorpe.OCT_INVALID_ARGUMENT
        ? new IllegalArgumentException(message)
        : new OctothorpeException(status, message);
  }
}
