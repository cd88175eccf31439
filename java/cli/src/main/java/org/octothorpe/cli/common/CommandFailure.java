package org.octothorpe.cli.common;

/** A failure that one line explains to the user; the command ends with exit code 1. */
public final class CommandFailure extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Makes a failure; the message names the thing, its value and the rule that it breaks. */
  public CommandFailure(String message) {
    super(message);
  }

  /** Makes a failure with the exception that caused it, which {@code --stacktrace} shows. */
  public CommandFailure(String message, Throwable cause) {
    super(message, cause);
  }
}
