package org.octothorpe.data.rows;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.octothorpe.data.faults.MalformedException;
import org.octothorpe.data.files.Lines;

/**
 * The records of a CSV file, from any record's start on; blank lines between them are skipped.
 *
 * <p>A record goes over several lines where a quoted field does. If what comes of it is not a
 * record of the header's number of fields, within {@value #MAX_SPANNED} bytes, then the quote was
 * not meant to stay open: the first of the lines is bad, and the next record starts with the
 * second.
 */
final class CsvRecords implements AutoCloseable {
  static final int MAX_SPANNED = 1 << 20; // bytes of a record of several lines

  private static final byte[] MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

  private final Lines lines;
  private final char separator;
  private final int fields;
  private long number;
  private long position;

  /**
   * Opens a file.
   *
   * @param position where a record starts
   * @param fields how many a record has; 0 for any number
   */
  CsvRecords(Path path, long position, char separator, int fields) throws IOException {
    this.lines = new Lines(path, position);
    this.separator = separator;
    this.fields = fields;
  }

  /**
   * Returns the fields of the next record; null after the last.
   *
   * @throws MalformedException if its line is not a record; the next call continues after it
   */
  @Nullable List<byte[]> next() throws IOException, MalformedException {
    byte[] line = lines.next();
    number = lines.number();
    position = lines.position();
    if (line == null) {
      return null;
    }
    if (lines.tooLong()) {
      throw new MalformedException("it is longer than any line that is read");
    }
    Csv record = new Csv(separator);
    if (record.add(position == 0 ? withoutMark(line) : line)) {
      checkFields(record);
      return record.fields();
    }
    MalformedException unclosed = record.unclosed();
    long second = lines.nextPosition();
    if (!span(record, line.length)) {
      lines.goBack(second, number);
      throw unclosed;
    }
    return record.fields();
  }

  // Adds lines until the quote is closed; returns whether that makes a record.
  private boolean span(Csv record, int length) throws IOException {
    int bytes = length;
    for (byte[] line = lines.nextOrBlank(); line != null; line = lines.nextOrBlank()) {
      bytes += line.length + 1;
      if (bytes > MAX_SPANNED || lines.tooLong()) {
        return false;
      }
      try {
        if (record.add(line)) {
          checkFields(record);
          return true;
        }
      } catch (MalformedException e) {
        return false;
      }
    }
    return false;
  }

  private void checkFields(Csv record) throws MalformedException {
    int found = record.fields().size();
    if (fields > 0 && found != fields) {
      throw new MalformedException(
          "it has "
              + found
              + (found == 1 ? " field" : " fields")
              + ", but the header has "
              + fields
              + (found < fields ? "" : "; a field with '" + separator + "' must be in quotes"));
    }
  }

  private static byte[] withoutMark(byte[] line) {
    boolean marked = line.length >= 3 && Arrays.equals(line, 0, 3, MARK, 0, 3);
    return marked ? Arrays.copyOfRange(line, 3, line.length) : line;
  }

  /** Returns the number of the latest record's first line, from 1 where reading began. */
  long number() {
    return number;
  }

  /** Returns where the latest record starts, in bytes. */
  long position() {
    return position;
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}
