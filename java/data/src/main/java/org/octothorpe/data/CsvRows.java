package org.octothorpe.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedSet;
import org.octothorpe.data.curation.CaptionTags;

/**
 * The rows of a CSV file whose first line names the columns: {@code file}, {@code tags} or {@code
 * objects} (separated by ';') or {@code caption}, and {@code id} if there is one. A position is the
 * byte where a line starts.
 */
record CsvRows(Path path) implements RowFile {
  private record Columns(int count, int id, int file, int tags, int caption) {}

  @Override
  public void read(long position, boolean contents, Sink sink, BadSamples bad) throws IOException {
    Columns columns = columns();
    boolean header = position == 0;
    try (Lines lines = new Lines(path, position)) {
      for (byte[] line = lines.next(); line != null; line = lines.next()) {
        if (header) {
          header = false;
          continue;
        }
        String place = Lines.place(lines.number());
        Row row;
        try {
          row = row(columns, lines, line, place);
        } catch (TagFile.Malformed | IllegalArgumentException e) {
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

  private Row row(Columns columns, Lines lines, byte[] line, String place)
      throws TagFile.Malformed {
    if (lines.tooLong()) {
      throw new TagFile.Malformed("it is longer than any line that is read");
    }
    List<String> fields = Csv.fields(text(line));
    if (fields.size() != columns.count) {
      throw new TagFile.Malformed(
          "it has " + fields.size() + " fields, but the header has " + columns.count);
    }
    String file = fields.get(columns.file);
    String id = columns.id >= 0 ? fields.get(columns.id) : file;
    if (id.isEmpty()) {
      throw new TagFile.Malformed("its id is empty");
    }
    List<String> tags =
        columns.tags >= 0
            ? Hashtags.foldAll(List.of(fields.get(columns.tags).split(";", -1)))
            : CaptionTags.of(fields.get(columns.caption));
    return new Row(
        id,
        tags,
        TableImages.of(path, file),
        null,
        TableImages.name(file),
        place,
        lines.position());
  }

  private Columns columns() throws IOException {
    try (Lines lines = new Lines(path, 0)) {
      byte[] line = lines.next();
      String header = line == null ? "" : text(line);
      List<String> names = Csv.fields(header.replace("\uFEFF", "").toLowerCase(Locale.ROOT));
      int file = names.indexOf("file");
      int tags = names.contains("tags") ? names.indexOf("tags") : names.indexOf("objects");
      int caption = names.indexOf("caption");
      if (file < 0 || (tags < 0 && caption < 0)) {
        throw new IllegalArgumentException(
            path
                + ": its first line must name the columns file and tags (or objects, or caption), but is '"
                + header
                + "'");
      }
      return new Columns(names.size(), names.indexOf("id"), file, tags, caption);
    } catch (TagFile.Malformed e) {
      throw new IllegalArgumentException(path + ": " + e.getMessage(), e);
    }
  }

  private static String text(byte[] line) throws TagFile.Malformed {
    int length = line.length > 0 && line[line.length - 1] == '\r' ? line.length - 1 : line.length;
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(line, 0, length))
          .toString();
    } catch (CharacterCodingException e) {
      throw new TagFile.Malformed("it is no UTF-8 text");
    }
  }
}
