package org.octothorpe.ops;

import org.octothorpe.internal.Natives;
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
    String message = Natives.text(octothorpe.oct_last_error());
    return status == octothorpe.OCT_INVALID_ARGUMENT
        ? new IllegalArgumentException(message)
        : new OctothorpeException(status, message);
  }
}
