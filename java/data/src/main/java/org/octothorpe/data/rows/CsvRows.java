package org.octothorpe.data.rows;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.faults.MalformedException;
import org.octothorpe.data.files.Lines;
import org.octothorpe.data.samples.Location;
import org.octothorpe.data.tags.TagFile;
import org.octothorpe.data.tags.TagText;

/**
 * The rows of a CSV file whose first line names the columns: {@code file}, {@code tags} or {@code
 * objects} (see {@link TagText}) or {@code caption}, and {@code id} if there is one. A position is
 * the byte where a record starts.
 */
record CsvRows(Path path, String scope) implements RowFile {
  /** What programs write into a cell for nothing. */
  private static final Set<String> NONE = Set.of("nan", "NaN", "None", "null", "NULL", "<NA>");

  @Override
  public void read(long position, boolean contents, Sink sink, BadSamples bad) throws IOException {
    CsvHeader header = CsvHeader.read(path);
    try (CsvRecords records =
        new CsvRecords(path, position, header.separator(), header.columns())) {
      while (true) {
        Row row = null;
        try {
          List<byte[]> record = records.next();
          if (record == null) {
            return;
          }
          if (position > 0 || records.number() > header.line()) {
            row = row(header, records, record, bad);
          }
        } catch (MalformedException e) {
          if (position > 0 || records.number() > header.line()) {
            bad.add(where(records), String.valueOf(e.getMessage()));
          }
        }
        if (row != null && !sink.row(row)) {
          return;
        }
      }
    }
  }

  @Override
  public Map<Long, String> places(SortedSet<Long> positions) throws IOException {
    return Lines.places(path, positions);
  }

  private String where(CsvRecords records) {
    return path + ": " + Lines.place(records.number());
  }

  // Null if the record is empty.
  private @Nullable Row row(
      CsvHeader header, CsvRecords records, List<byte[]> record, BadSamples bad)
      throws MalformedException {
    String where = where(records);
    List<String> fields = new ArrayList<>(record.size());
    for (byte[] field : record) {
      fields.add(TagFile.text(field));
    }
    if (fields.stream().allMatch(String::isEmpty)) {
      bad.note("rows without any value were skipped", where);
      return null;
    }
    String file = fields.get(header.file());
    Location image = TableImages.of(path, file);
    String id = header.id() >= 0 ? fields.get(header.id()) : TableImages.id(scope, file);
    if (id.isEmpty()) {
      throw new MalformedException("its id is empty");
    }
    return new Row(
        id,
        tags(header, fields, what -> bad.note(what, where)),
        image,
        null,
        TableImages.name(file),
        Lines.place(records.number()),
        records.position());
  }

  private static List<String> tags(CsvHeader header, List<String> fields, Consumer<String> notes)
      throws MalformedException {
    if (header.tags() < 0) {
      return TagFile.captioned(fields.get(header.caption()), notes);
    }
    String text = fields.get(header.tags());
    if (NONE.contains(text)) {
      notes.accept("tags 'nan', 'None' or 'null' as all of a cell were read as none");
      return List.of();
    }
    return TagFile.split(List.of(text), notes);
  }
}
