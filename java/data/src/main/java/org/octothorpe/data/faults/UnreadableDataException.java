package org.octothorpe.data.faults;

import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * Data that cannot be read any more, such as a shard on a drive that was removed, or a limit of the
 * machine that was reached: no fault of an image, and so never counted as one.
 */
public final class UnreadableDataException extends UncheckedIOException {
  private static final long serialVersionUID = 1L;

  /** Names what cannot be read, why, and what to do. */
  public UnreadableDataException(String message, IOException cause) {
    super(message, cause);
  }
}
