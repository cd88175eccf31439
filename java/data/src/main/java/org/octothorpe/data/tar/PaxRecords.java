package org.octothorpe.data.tar;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.octothorpe.data.files.MemberName;

/**
 * The records of a pax header that decide where a member is and what it is called, each {@code
 * "LENGTH KEY=VALUE\n"}; all others, such as extended attributes of megabytes, are skipped.
 */
final class PaxRecords {
  /** The size up to which a header is read, 64 MiB. */
  static final long MAX_BYTES = 64 << 20;

  /** The size up to which a name is read, 64 KiB. */
  static final int MAX_NAME_BYTES = 1 << 16;

  private static final int BUFFER = 1 << 13;
  private static final int MAX_KEY_BYTES = 64; // of a key that is looked for
  private static final int MAX_DIGITS = 10;

  private final FileChannel tar;
  private final long end;
  private final Map<String, byte[]> values = new HashMap<>();
  private String fault = "";
  private long position;
  private byte[] buffer = {};
  private long bufferStart;

  private PaxRecords(FileChannel tar, long start, long bytes) {
    this.tar = tar;
    this.position = start;
    this.end = start + bytes;
  }

  /** Reads the records of a header whose data lie in a tar. */
  static PaxRecords read(FileChannel tar, long start, long bytes) throws IOException {
    PaxRecords records = new PaxRecords(tar, start, bytes);
    if (bytes > MAX_BYTES) {
      records.fault =
          String.format(
              Locale.ROOT, "its pax header has %d bytes; at most %d are read", bytes, MAX_BYTES);
    } else {
      records.read();
    }
    return records;
  }

  /** Returns the value of a key that is looked for, null if the header does not set it. */
  byte @Nullable [] value(String key) {
    return values.get(key);
  }

  /** Returns whether the member is stored with its holes left out, as GNU tar does. */
  boolean isSparse() {
    return values.keySet().stream().anyMatch(key -> key.startsWith("GNU.sparse."));
  }

  /** Returns what is wrong with the header, "" if nothing is. */
  String fault() {
    return fault;
  }

  private void read() throws IOException {
    while (fault.isEmpty() && position < end && at(position) != 0) {
      readRecord();
    }
  }

  private void readRecord() throws IOException {
    long start = position;
    long size = 0;
    int digits = 0;
    while (position < end && isDigit(at(position)) && digits++ < MAX_DIGITS) {
      size = 10 * size + at(position++) - '0';
    }
    long recordEnd = start + size;
    if (position >= end
        || at(position) != ' '
        || recordEnd <= position + 1
        || recordEnd > end
        || at(recordEnd - 1) != '\n') {
      fault = "its pax header has a record of wrong length";
      return;
    }
    position++;
    StringBuilder key = new StringBuilder();
    while (position < recordEnd - 1 && at(position) != '=' && key.length() <= MAX_KEY_BYTES) {
      key.append((char) (at(position++) & 0xff));
    }
    if (at(position) == '=') {
      readValue(key.toString(), position + 1, recordEnd - 1);
    }
    position = recordEnd;
  }

  private void readValue(String key, long from, long to) throws IOException {
    boolean wanted =
        switch (key) {
          case "path", "linkpath", "size", "GNU.sparse.name" -> true;
          default -> false;
        };
    if (!wanted) {
      if (key.startsWith("GNU.sparse.")) {
        values.put(key, new byte[0]);
      }
      return;
    }
    if (to - from > MAX_NAME_BYTES) {
      fault =
          String.format(
              Locale.ROOT,
              "the '%s' of its pax header has %d bytes; at most %d are read",
              key,
              to - from,
              MAX_NAME_BYTES);
      return;
    }
    byte[] value = new byte[(int) (to - from)];
    TarIndex.readFully(tar, from, value);
    values.put(key, value);
  }

  private byte at(long place) throws IOException {
    if (place < bufferStart || place >= bufferStart + buffer.length) {
      buffer = new byte[(int) Math.min(BUFFER, end - place)];
      bufferStart = place;
      TarIndex.readFully(tar, place, buffer);
    }
    return buffer[(int) (place - bufferStart)];
  }

  private static boolean isDigit(byte b) {
    return b >= '0' && b <= '9';
  }

  /**
   * Returns the size that a header sets.
   *
   * @param otherwise if it sets none
   * @throws NumberFormatException that quotes what is in its place, if it is not a number
   */
  long size(long otherwise) {
    byte[] size = values.get("size");
    if (size == null || size.length == 0) {
      return otherwise;
    }
    String text = new String(size, StandardCharsets.ISO_8859_1);
    try {
      return Long.parseLong(text);
    } catch (NumberFormatException e) {
      NumberFormatException fault = new NumberFormatException(MemberName.of(size));
      fault.initCause(e);
      throw fault;
    }
  }
}
