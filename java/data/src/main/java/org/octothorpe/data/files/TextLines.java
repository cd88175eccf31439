package org.octothorpe.data.files;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.octothorpe.internal.TextInput;

/** The lines of a file that people write, with file and number of the line in every complaint. */
public final class TextLines {
  /** What becomes of one line. */
  public interface Reader {
    /**
     * Reads a line that is not blank.
     *
     * @throws IllegalArgumentException if it is malformed; the message says why
     */
    void read(String line);
  }

  private TextLines() {}

  /**
   * Reads all lines.
   *
   * @param option what the file is given for
   * @throws IllegalArgumentException if it is not text, or a line is malformed
   */
  public static void read(String option, Path file, Reader reader) throws IOException {
    List<String> lines = TextInput.lines(option, file);
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
