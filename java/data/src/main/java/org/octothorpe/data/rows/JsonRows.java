package org.octothorpe.data.rows;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.function.Consumer;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.faults.MalformedException;
import org.octothorpe.data.files.Lines;
import org.octothorpe.data.samples.Location;
import org.octothorpe.data.tags.TagFile;
import org.octothorpe.internal.TextInput;

/**
 * The rows of a file of JSON Lines: {@code {"id": "1", "file": "a.jpg", "tags": ["#sea"]}} each; a
 * position is the byte where a line starts.
 */
record JsonRows(Path path, String scope) implements RowFile {
  @Override
  public void read(long position, boolean contents, Sink sink, BadSamples bad) throws IOException {
    try (Lines lines = new Lines(path, position)) {
      boolean first = position == 0;
      for (byte[] line = lines.next(); line != null; line = lines.next()) {
        String place = Lines.place(lines.number());
        if (first) {
          checkForm(line);
          first = false;
        }
        Row row;
        try {
          row = row(lines, line, place, what -> bad.note(what, path + ": " + place));
        } catch (MalformedException e) {
          bad.add(path + ": " + place, String.valueOf(e.getMessage()));
          continue;
        }
        if (!sink.row(row)) {
          return;
        }
      }
    }
  }

  @Override
  public Map<Long, String> places(SortedSet<Long> positions) throws IOException {
    return Lines.places(path, positions);
  }

  /** Refuses a file that is JSON, but without an object a line: every line would be bad. */
  private void checkForm(byte[] line) {
    if (TextInput.isUtf16(line)) {
      throw new IllegalArgumentException(Lines.utf16(path));
    }
    String start =
        new String(line, 0, Math.min(line.length, 100), StandardCharsets.UTF_8)
            .replace("\uFEFF", "")
            .strip();
    if (start.startsWith("[")) {
      throw new IllegalArgumentException(
          path
              + ": it holds a JSON array, but must hold a JSON object a line; 'jq -c .[] FILE'"
              + " writes it so");
    }
    if (start.equals("{")) {
      throw new IllegalArgumentException(
          path
              + ": its first line ends within an object, but each line must hold a whole one; 'jq -c"
              + " . FILE' writes it so");
    }
  }

  private Row row(Lines lines, byte[] line, String place, Consumer<String> notes)
      throws MalformedException {
    if (lines.tooLong()) {
      throw new MalformedException("it is longer than any line that is read");
    }
    JsonNode object = TagFile.object(line);
    JsonNode file = object.get("file");
    if (file == null || !file.isTextual()) {
      throw new MalformedException("it has no string \"file\"");
    }
    List<String> tags = TagFile.tags(object, notes);
    TagFile.valid(file.textValue(), "its \"file\"");
    Location image = TableImages.of(path, file.textValue());
    String id = TagFile.id(object, TableImages.id(scope, file.textValue()));
    return new Row(
        id, tags, image, null, TableImages.name(file.textValue()), place, lines.position());
  }
}
