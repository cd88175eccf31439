package org.octothorpe.data.rows;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.octothorpe.data.faults.MalformedException;
import org.octothorpe.data.files.Lines;
import org.octothorpe.data.tags.Invisible;
import org.octothorpe.internal.TextInput;

/**
 * The first line of a CSV file, which names the columns, and by that shows what separates them: a
 * comma, a semicolon, a tab or a vertical bar.
 *
 * @param line its number; rows follow it
 * @param columns how many there are
 * @param id where the column is; negative if there is none, as for the others
 */
record CsvHeader(long line, char separator, int columns, int id, int file, int tags, int caption) {
  private static final String SEPARATORS = ",;\t|";
  private static final int SHOWN = 200; // characters of a header in a message

  /**
   * Reads the header of a file.
   *
   * @throws IllegalArgumentException if it has none, or not the columns that are needed
   */
  static CsvHeader read(Path path) throws IOException {
    String text = "";
    try (Lines lines = new Lines(path, 0)) {
      for (byte[] line = lines.next(); line != null; line = lines.next()) {
        if (TextInput.isUtf16(line)) {
          throw new IllegalArgumentException(Lines.utf16(path));
        }
        text = new String(line, StandardCharsets.UTF_8).replace("\uFEFF", "");
        if (!text.matches("sep=.")) { // Excel's
          break;
        }
      }
      for (int i = 0; i < SEPARATORS.length(); i++) {
        CsvHeader header = of(path, text, lines.number(), SEPARATORS.charAt(i));
        if (header != null) {
          return header;
        }
      }
    }
    throw new IllegalArgumentException(
        path
            + ": its first line must name the columns file and tags (or objects, or caption), but"
            + " is '"
            + Invisible.shown(text, SHOWN)
            + "'");
  }

  // Null if these are not the columns that are needed.
  private static @Nullable CsvHeader of(Path path, String text, long line, char separator) {
    List<String> names;
    try {
      names = Csv.fields(text.toLowerCase(Locale.ROOT), separator);
    } catch (MalformedException e) {
      return null;
    }
    int tags = names.contains("tags") ? names.indexOf("tags") : names.indexOf("objects");
    int caption = names.indexOf("caption");
    if (!names.contains("file") || (tags < 0 && caption < 0)) {
      return null;
    }
    for (String name : List.of("id", "file", "tags", "objects", "caption")) {
      if (names.indexOf(name) != names.lastIndexOf(name)) {
        throw new IllegalArgumentException(path + ": it has two columns '" + name + "'");
      }
    }
    return new CsvHeader(
        line, separator, names.size(), names.indexOf("id"), names.indexOf("file"), tags, caption);
  }
}
