package org.octothorpe.data.curation;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.tags.Hashtags;
import org.octothorpe.internal.AtomicFiles;

/** The list of all rows that a set leaves out because they cannot be used, each with its place. */
final class BadRows {
  private static final Pattern NUMBER = Pattern.compile("[0-9]{1,18}");

  private BadRows() {}

  /**
   * Writes the list, one line per row: line 9 of a file comes before line 10, and the order does
   * not depend on who read the rows. Nothing is written if there are none.
   *
   * @return whether there are any
   */
  static boolean write(Path file, BadSamples bad) throws IOException {
    List<String> lines = new ArrayList<>();
    bad.forEach((where, reason) -> lines.add((where + ": " + reason).replaceAll("\\R", " ")));
    lines.sort(Comparator.comparing(BadRows::padded, Hashtags.BY_CODE_POINT));
    if (!lines.isEmpty()) {
      AtomicFiles.write(file, String.join("\n", lines) + "\n");
    }
    return !lines.isEmpty();
  }

  private static String padded(String line) {
    return NUMBER
        .matcher(line)
        .replaceAll(n -> String.format(Locale.ROOT, "%018d", Long.parseLong(n.group())));
  }
}
