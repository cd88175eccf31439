package org.octothorpe.data;

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

/** The lines of a text file as bytes, from any line's start on; empty lines are passed over. */
final class Lines implements AutoCloseable {
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

  Lines(Path path, long position) throws IOException {
    channel = FileChannel.open(path);
    in = Channels.newInputStream(channel.position(position));
    consumed = position;
  }

  /**
   * Returns the next line that is not blank, without its end; null after the last. Of a line that
   * is too long only the beginning.
   */
  byte @Nullable [] next() throws IOException {
    while (true) {
      position = consumed;
      tooLong = false;
      int newline = find();
      if (newline < 0 && start == end) {
        return null;
      }
      number++;
      int stop = newline < 0 ? end : newline;
      byte[] line = Arrays.copyOfRange(buffer, start, stop);
      advance(newline < 0 ? end : newline + 1);
      if (tooLong) {
        skipRest(newline < 0);
      }
      if (!blank(line)) {
        return line;
      }
    }
  }

  /** Returns how messages name a line. */
  static String place(long number) {
    return "line " + number;
  }

  /** Returns how messages name the lines that start at positions. */
  static Map<Long, String> places(Path path, SortedSet<Long> positions) throws IOException {
    Map<Long, String> places = new HashMap<>();
    Iterator<Long> wanted = positions.iterator();
    long next = wanted.hasNext() ? wanted.next() : -1;
    long number = 1;
    long at = 0;
    byte[] bytes = new byte[1 << 16];
    try (InputStream in = Files.newInputStream(path)) {
      for (int n = in.read(bytes); n >= 0 && next >= 0; n = in.read(bytes)) {
        for (int i = 0; i < n; i++, at++) {
          if (at == next) {
            places.put(at, place(number));
            next = wanted.hasNext() ? wanted.next() : -1;
          }
          number += bytes[i] == '\n' ? 1 : 0;
        }
      }
    }
    return places;
  }

  /** Returns the number of the latest line among those read, from 1. */
  long number() {
    return number;
  }

  /** Returns where the latest line starts, in bytes. */
  long position() {
    return position;
  }

  /** Returns whether the latest line is longer than any that is read. */
  boolean tooLong() {
    return tooLong;
  }

  // The index of the next line's end in the buffer, -1 if the file or the room for a line ends
  // first.
  private int find() throws IOException {
    int from = start;
    while (true) {
      for (int i = from; i < end; i++) {
        if (buffer[i] == '\n') {
          return i;
        }
      }
      if (end - start >= MAX_LINE) {
        tooLong = true;
        return -1;
      }
      from = end - start;
      if (!fill()) {
        return -1;
      }
      // fill() has moved the line to the buffer's start
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

  private void skipRest(boolean unfinished) throws IOException {
    for (boolean more = unfinished; more; ) {
      int i = start;
      while (i < end && buffer[i] != '\n') {
        i++;
      }
      boolean found = i < end;
      advance(found ? i + 1 : end);
      more = !found && fill();
    }
  }

  private static boolean blank(byte[] line) {
    for (byte b : line) {
      if (b != ' ' && b != '\t' && b != '\r') {
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
