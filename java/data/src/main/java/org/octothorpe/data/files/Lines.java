package org.octothorpe.data.files;

import java.io.IOException;
import java.io.InputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;

/**
 * The lines of a text file as bytes, from any line's start on. They end with line feed, carriage
 * return or both.
 */
public final class Lines implements AutoCloseable {
  private static final int MAX_LINE = 1 << 24;

  private final FileChannel channel;
  private final InputStream in;
  private byte[] buffer = new byte[1 << 16];
  private int start; // of what is not yet handed out
  private int end; // of what is read
  private long consumed; // bytes of the file before buffer[start]
  private long number;
  private long position;
  private boolean tooLong;
  private int endBytes; // of the line's end that was found

  /** Opens a file at the position of a line. */
  public Lines(Path path, long position) throws IOException {
    channel = FileChannel.open(path);
    in = Channels.newInputStream(channel.position(position));
    consumed = position;
  }

  /**
   * Returns the next line that is not blank, without its end; null after the last. Of a line that
   * is too long only the beginning.
   */
  public byte @Nullable [] next() throws IOException {
    byte[] line = nextOrBlank();
    while (line != null && blank(line)) {
      line = nextOrBlank();
    }
    return line;
  }

  /** Returns the next line as {@link #next} does, also a blank one. */
  public byte @Nullable [] nextOrBlank() throws IOException {
    position = consumed;
    tooLong = false;
    int stop = find();
    if (stop < 0 && start == end) {
      return null;
    }
    number++;
    byte[] line = Arrays.copyOfRange(buffer, start, stop < 0 ? end : stop);
    advance(stop < 0 ? end : stop + endBytes);
    if (tooLong) {
      skipRest();
    }
    return line;
  }

  /** Goes back to where the line after line {@code number} starts. */
  public void goBack(long to, long number) throws IOException {
    channel.position(to);
    start = 0;
    end = 0;
    consumed = to;
    this.number = number;
  }

  /** Returns how messages name a line. */
  public static String place(long number) {
    return "line " + number;
  }

  /** Returns how messages name the lines that start at positions. */
  public static Map<Long, String> places(Path path, SortedSet<Long> positions) throws IOException {
    Map<Long, String> places = new HashMap<>();
    Iterator<Long> wanted = positions.iterator();
    long next = wanted.hasNext() ? wanted.next() : -1;
    long number = 1;
    long at = 0;
    boolean returned = false; // the byte before was a carriage return
    byte[] bytes = new byte[1 << 16];
    try (InputStream in = Files.newInputStream(path)) {
      for (int n = in.read(bytes); n >= 0 && next >= 0; n = in.read(bytes)) {
        for (int i = 0; i < n; i++, at++) {
          if (at == next) {
            places.put(at, place(number));
            next = wanted.hasNext() ? wanted.next() : -1;
          }
          number += bytes[i] == '\r' || (bytes[i] == '\n' && !returned) ? 1 : 0;
          returned = bytes[i] == '\r';
        }
      }
    }
    return places;
  }

  /** Returns the number of the latest line among those read, from 1. */
  public long number() {
    return number;
  }

  /** Returns where the latest line starts, in bytes. */
  public long position() {
    return position;
  }

  /** Returns where the line after the latest starts, in bytes. */
  public long nextPosition() {
    return consumed;
  }

  /** Returns what is wrong with a file whose text is in UTF-16. */
  public static String utf16(Path path) {
    return path
        + ": it is text in UTF-16, but must be in UTF-8; 'iconv -f UTF-16 -t UTF-8 FILE' converts"
        + " it";
  }

  /** Returns whether the latest line is longer than any that is read. */
  public boolean tooLong() {
    return tooLong;
  }

  // The index of the next line's end in the buffer, -1 if the file or the room for a line ends
  // first.
  private int find() throws IOException {
    int scanned = 0; // bytes without an end
    while (true) {
      int i = start + scanned;
      while (i < end && buffer[i] != '\n' && buffer[i] != '\r') {
        i++;
      }
      scanned = i - start;
      if (i < end && (buffer[i] == '\n' || i + 1 < end)) {
        endBytes = buffer[i] == '\r' && buffer[i + 1] == '\n' ? 2 : 1;
        return i;
      }
      if (scanned >= MAX_LINE) {
        tooLong = true;
        return -1;
      }
      if (!fill()) { // which moves the line to the buffer's start
        endBytes = 1;
        return scanned < end - start ? start + scanned : -1; // a carriage return ends the file
      }
    }
  }

  private boolean fill() throws IOException {
    if (start > 0) {
      System.arraycopy(buffer, start, buffer, 0, end - start);
      end -= start;
      start = 0;
    }
    if (end == buffer.length) {
      buffer = Arrays.copyOf(buffer, 2 * buffer.length);
    }
    int read = in.read(buffer, end, buffer.length - end);
    end += Math.max(0, read);
    return read >= 0;
  }

  private void advance(int to) {
    consumed += to - start;
    start = to;
  }

  private void skipRest() throws IOException {
    do {
      advance(end);
      if (!fill()) {
        return;
      }
      int i = start;
      while (i < end && buffer[i] != '\n' && buffer[i] != '\r') {
        i++;
      }
      if (i < end) {
        boolean both = buffer[i] == '\r' && (i + 1 < end || fill());
        // fill() keeps the place from the buffer's start, which is correct already
        advance(both && buffer[i + 1] == '\n' ? i + 2 : i + 1);
        return;
      }
    } while (true);
  }

  private static boolean blank(byte[] line) {
    for (byte b : line) {
      if (b != ' ' && b != '\t') {
        return false;
      }
    }
    return true;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
