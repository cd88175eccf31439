package org.octothorpe.data.rows;

import java.nio.file.Path;
import java.util.regex.Pattern;

/** What is wrong with a file that should be Parquet, in words for people. */
final class ParquetFault {
  /** Words of the reader about itself. */
  private static final Pattern ABOUT_ITSELF =
      Pattern.compile(
          "\\b(?:org|java|com|shaded)\\.|Exception|[A-Z]_[A-Z]|\\bnull\\b|[a-z][A-Z]|@|\\(\\)");

  private ParquetFault() {}

  /** Returns the reason on one line, without the file. */
  static String reason(Exception fault, Path file) {
    for (Throwable e = fault; e != null; e = e.getCause()) {
      String message = String.valueOf(e.getMessage());
      if (message.startsWith(ParquetCodecs.COMPRESSION)) {
        return message;
      }
      if (message.contains("not a Parquet file") || message.contains("too small")) {
        return "it is not a Parquet file, or its end is missing";
      }
      if (e.getClass().getName().contains("crypto") || message.contains("encrypted")) {
        return "it is encrypted, which is not supported; write it without encryption";
      }
    }
    String message =
        String.valueOf(fault.getMessage())
            .replace(file.toString(), "it")
            .replaceAll("\\s*\\R\\s*", " ");
    return "it is damaged" + (ABOUT_ITSELF.matcher(message).find() ? "" : ": " + message);
  }
}
