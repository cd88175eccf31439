package org.octothorpe.spark;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What went wrong in a task of a cluster, without what Spark wraps it in on the way to the driver.
 */
final class TaskFailure {
  /** Spark's words, of which the last line before the stack is the task's own failure. */
  private static final Pattern LOST =
      Pattern.compile(
          "(?s)Job aborted due to stage failure: .*?: ([\\w.$]+(?:Exception|Error)): (.*)");

  private static final Pattern STACK = Pattern.compile("(?s)\\s*\\R\\s*(at |Driver stacktrace:).*");

  private TaskFailure() {}

  /**
   * Returns the failure that a task threw: the first cause that is not Spark's; the failure itself
   * if it is not of a task.
   */
  static Throwable of(Throwable failure) {
    Throwable own = failure;
    while (own.getCause() != null && isOfSpark(own)) {
      own = own.getCause();
    }
    return isOfSpark(own) ? named(own) : own;
  }

  /** A failure that could not travel comes as a text alone. */
  private static Throwable named(Throwable failure) {
    Matcher lost = LOST.matcher(String.valueOf(failure.getMessage()));
    return lost.matches()
        ? new IllegalStateException(STACK.matcher(lost.group(2)).replaceFirst(""), failure)
        : failure;
  }

  private static boolean isOfSpark(Throwable failure) {
    return failure.getClass().getName().startsWith("org.apache.spark.");
  }
}
