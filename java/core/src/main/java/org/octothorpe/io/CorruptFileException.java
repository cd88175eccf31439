package org.octothorpe.io;

import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * A file whose bytes break a rule of its format; the message names the file, the value and the
 * rule.
 */
public final class CorruptFileException extends IOException {
  private static final long serialVersionUID = 1L;

  /**
   * Refuses a file.
   *
   * @param file the file, which starts the message
   * @param reason what was found and what the rule is
   */
  public CorruptFileException(Path file, String reason) {
    this(file, reason, null);
  }

  /**
   * Refuses a file for a failure met while reading it.
   *
   * @param file the file, which starts the message
   * @param reason what was found and what the rule is
   * @param cause the failure
   */
  public CorruptFileException(Path file, String reason, @Nullable Throwable cause) {
    super(file + ": " + reason, cause);
  }
}
