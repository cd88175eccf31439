package org.octothorpe.data.curation;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The lines of a file that people write, with file and number of the line in every complaint. */
final class TextLines {
  /** What becomes of one line. */
  interface Reader {
    /**
     * Reads a line that is not blank.
     *
     * @throws IllegalArgumentException if it is malformed; the message says why
     */
    void read(String line);
  }

  private TextLines() {}

  static void read(Path file, Reader reader) throws IOException {
    List<String> lines = Files.readAllLines(file, StandardCharsets.UTF_8);
    for (int i = 0; i < lines.size(); i++) {
      try {
        if (!lines.get(i).isBlank()) {
          reader.read(lines.get(i));
        }
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(file + ":" + (i + 1) + ": " + e.getMessage(), e);
      }
    }
  }
}
