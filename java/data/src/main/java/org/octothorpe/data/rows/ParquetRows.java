package org.octothorpe.data.rows;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.apache.parquet.ParquetReadOptions;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.conf.PlainParquetConfiguration;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.convert.GroupRecordConverter;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.io.ColumnIOFactory;
import org.apache.parquet.io.LocalInputFile;
import org.apache.parquet.io.MessageColumnIO;
import org.apache.parquet.io.RecordReader;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.Type;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.faults.MalformedException;
import org.octothorpe.data.tags.TagText;

/**
 * The rows of a Parquet file: {@code tags} (a list of strings, or a string, see {@link TagText}) or
 * {@code caption}; {@code file}, with {@code offset} and {@code bytes} for an image within a shard,
 * or {@code image} (the bytes, alone or as a group with {@code bytes}); {@code id}, which is the
 * file, or the row's number without one. A position is the number of a row.
 */
record ParquetRows(Path path, String scope) implements RowFile {
  @Override
  public void read(long position, boolean contents, Sink sink, BadSamples bad) throws IOException {
    ParquetReadOptions options =
        ParquetReadOptions.builder(new PlainParquetConfiguration())
            .withCodecFactory(new ParquetCodecs())
            .build();
    try (ParquetFileReader reader =
        reading(() -> ParquetFileReader.open(new LocalInputFile(path), options))) {
      MessageType all = reader.getFileMetaData().getSchema();
      ParquetColumns columns = new ParquetColumns(path, scope, projected(all, contents), all);
      MessageColumnIO io =
          reading(
              () -> {
                reader.setRequestedSchema(columns.schema());
                return new ColumnIOFactory().getColumnIO(columns.schema(), all);
              });
      long first = 0;
      for (BlockMetaData block : reader.getRowGroups()) {
        long end = first + block.getRowCount();
        if (end <= position) {
          reader.skipNextRowGroup();
        } else if (!read(
            reading(reader::readNextRowGroup), io, columns, first, position, sink, bad)) {
          return;
        }
        first = end;
      }
    }
  }

  // What takes rows must not look like a fault of the file.
  private <T> T reading(Callable<T> part) throws IOException {
    try {
      return part.call();
    } catch (FileSystemException e) { // names the file
      throw e;
    } catch (Exception e) { // what Parquet throws for damaged files
      throw new IllegalArgumentException(
          path + " cannot be read as Parquet: " + ParquetFault.reason(e, path), e);
    }
  }

  @Override
  public Map<Long, String> places(SortedSet<Long> positions) {
    return positions.stream().collect(Collectors.toMap(number -> number, ParquetColumns::place));
  }

  private boolean read(
      PageReadStore pages,
      MessageColumnIO io,
      ParquetColumns columns,
      long first,
      long position,
      Sink sink,
      BadSamples bad)
      throws IOException {
    RecordReader<Group> records =
        reading(() -> io.getRecordReader(pages, new GroupRecordConverter(columns.schema())));
    for (long number = first; number < first + pages.getRowCount(); number++) {
      Group group = reading(records::read);
      if (number < position) {
        continue;
      }
      String where = path + ": " + ParquetColumns.place(number);
      Row row;
      try {
        row = columns.row(group, number, what -> bad.note(what, where));
      } catch (MalformedException e) {
        bad.add(where, String.valueOf(e.getMessage()));
        continue;
      }
      if (!sink.row(row)) {
        return false;
      }
    }
    return true;
  }

  private static MessageType projected(MessageType all, boolean contents) {
    List<Type> wanted = new ArrayList<>();
    for (Type field : all.getFields()) {
      boolean bytes = field.getName().equals(ParquetColumns.IMAGE);
      if (bytes ? contents : ParquetColumns.KNOWN.contains(field.getName())) {
        wanted.add(field);
      }
    }
    return new MessageType(all.getName(), wanted);
  }
}
