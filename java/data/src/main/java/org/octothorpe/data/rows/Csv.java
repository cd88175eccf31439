package org.octothorpe.data.rows;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.octothorpe.data.faults.MalformedException;

/**
 * A record of separated values by RFC 4180, read line by line: a field may be in double quotes,
 * where a quote is doubled and lines may break.
 *
 * <p>As people write them: white space around a field or its quotes does not count, and a quote
 * within a field that has none at its start is a letter. This code is our own, since what an
 * unclosed quote swallowed must be found again, and rows by the byte at which they start.
 */
final class Csv {
  private final byte separator;
  private final List<byte[]> fields = new ArrayList<>();
  private final ByteArrayOutputStream field = new ByteArrayOutputStream();
  private boolean open;
  private int opened; // the column of the latest quote that opened a field

  Csv(char separator) {
    this.separator = (byte) separator;
  }

  /** Returns the fields of a record of one line. */
  static List<String> fields(String line, char separator) throws MalformedException {
    Csv record = new Csv(separator);
    if (!record.add(line.getBytes(StandardCharsets.UTF_8))) {
      throw record.unclosed();
    }
    return record.fields.stream().map(field -> new String(field, StandardCharsets.UTF_8)).toList();
  }

  /**
   * Adds a line.
   *
   * @return whether the record ends with it; otherwise a quote is open
   */
  boolean add(byte[] line) throws MalformedException {
    int i = open ? goOn(line) : field(line, 0);
    while (!open && i < line.length) {
      i = field(line, i + 1); // after the separator
    }
    return !open;
  }

  // A field from its start; returns the place of the separator after it.
  private int field(byte[] line, int start) throws MalformedException {
    int i = skipWhite(line, start);
    if (i < line.length && line[i] == '"') {
      opened = i + 1;
      return quoted(line, i + 1);
    }
    int from = i;
    while (i < line.length && line[i] != separator) {
      i++;
    }
    int to = i;
    while (to > from && isWhite(line[to - 1])) {
      to--;
    }
    field.write(line, from, to - from);
    end();
    return i;
  }

  private int goOn(byte[] line) throws MalformedException {
    field.write('\n');
    return quoted(line, 0);
  }

  // From within the quotes.
  private int quoted(byte[] line, int start) throws MalformedException {
    open = true;
    int i = start;
    while (i < line.length) {
      byte c = line[i++];
      if (c == '"' && i < line.length && line[i] == '"') {
        i++;
      } else if (c == '"') {
        open = false;
        break;
      }
      field.write(c);
    }
    if (open) {
      return i;
    }
    i = skipWhite(line, i);
    if (i < line.length && line[i] != separator) {
      throw new MalformedException("text at column " + (i + 1) + " after a quoted field");
    }
    end();
    return i;
  }

  private void end() {
    fields.add(field.toByteArray());
    field.reset();
  }

  private int skipWhite(byte[] line, int start) {
    int i = start;
    while (i < line.length && isWhite(line[i])) {
      i++;
    }
    return i;
  }

  private boolean isWhite(byte c) {
    return c != separator && (c == ' ' || c == '\t');
  }

  /** Returns the fields so far. */
  List<byte[]> fields() {
    return fields;
  }

  /** Returns what is wrong with a record whose quote is open. */
  MalformedException unclosed() {
    return new MalformedException("the quote at column " + opened + " is not closed");
  }
}
