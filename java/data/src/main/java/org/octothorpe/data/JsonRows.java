package org.octothorpe.data;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;

/**
 * The rows of a file of JSON Lines: {@code {"id": "1", "file": "a.jpg", "tags": ["#sea"]}} each; a
 * position is the byte where a line starts.
 */
record JsonRows(Path path) implements RowFile {
  @Override
  public void read(long position, boolean contents, Sink sink, BadSamples bad) throws IOException {
    try (Lines lines = new Lines(path, position)) {
      for (byte[] line = lines.next(); line != null; line = lines.next()) {
        String place = Lines.place(lines.number());
        Row row;
        try {
          row = row(lines, line, place);
        } catch (TagFile.Malformed e) {
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

  private Row row(Lines lines, byte[] line, String place) throws TagFile.Malformed {
    if (lines.tooLong()) {
      throw new TagFile.Malformed("it is longer than any line that is read");
    }
    JsonNode object = TagFile.object(line);
    JsonNode file = object.get("file");
    if (file == null || !file.isTextual()) {
      throw new TagFile.Malformed("it has no string \"file\"");
    }
    List<String> tags = TagFile.tags(object);
    String id = TagFile.id(object, file.textValue());
    return new Row(
        id,
        tags,
        TableImages.of(path, file.textValue()),
        null,
        TableImages.name(file.textValue()),
        place,
        lines.position());
  }
}
