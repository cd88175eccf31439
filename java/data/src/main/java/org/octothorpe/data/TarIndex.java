package org.octothorpe.data;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.apache.commons.compress.archivers.tar.TarUtils;
import org.jspecify.annotations.Nullable;

/**
 * The headers of a tar file, one after the other, without what is between them.
 *
 * <p>ustar, GNU long names and sizes, and pax names and sizes. What cannot be read is reported,
 * with its place, and skipped; after a header that is none, nothing more can be found.
 */
final class TarIndex {
  private static final int BLOCK = 512;
  private static final long MAX_EXTENSION_BYTES = 1 << 16; // of a long name or a pax header

  private final FileChannel tar;
  private final long length;
  private final Listener listener;
  private long position;
  private long memberStart; // of the next member's first header, that of its long name included
  private @Nullable String longName;
  private @Nullable String longSize;

  /** Told what a tar holds, in its order. */
  interface Listener {
    void member(TarMember member) throws IOException;

    /** Something cannot be read: {@code what} is a member's name or a place in the tar. */
    void bad(String what, String reason);

    /**
     * Nothing after this place can be found.
     *
     * @param rest bytes after it, if they were overwritten; negative if the tar was cut
     */
    void broken(String what, String reason, long rest) throws IOException;

    /** Whether nothing more is wanted. */
    boolean enough();
  }

  private TarIndex(FileChannel tar, long start, Listener listener) throws IOException {
    this.tar = tar;
    this.length = tar.size();
    this.position = start;
    this.memberStart = start;
    this.listener = listener;
  }

  /** Reads from 0 or a {@link TarMember#start} on. */
  static void read(FileChannel tar, long start, Listener listener) throws IOException {
    new TarIndex(tar, start, listener).read();
  }

  private void read() throws IOException {
    byte[] block = new byte[BLOCK];
    while (position + BLOCK <= length) {
      if (listener.enough()) {
        return;
      }
      readFully(tar, position, block);
      if (isZero(block)) {
        return; // the end mark is two blocks of zeros
      }
      TarArchiveEntry header;
      try {
        if (!TarUtils.verifyCheckSum(block)) {
          listener.broken(
              "byte " + position, "no tar header: its checksum is wrong", length - position);
          return;
        }
        header = new TarArchiveEntry(block);
      } catch (IllegalArgumentException e) {
        listener.broken(
            "byte " + position,
            "a tar header with an unreadable number: " + e.getMessage(),
            length - position);
        return;
      }
      if (!readEntry(header)) {
        return;
      }
    }
    listener.broken("byte " + length, "the tar ends without its end mark (truncated)", -1);
  }

  // False if nothing after it can be found.
  private boolean readEntry(TarArchiveEntry header) throws IOException {
    String name = longName != null ? longName : header.getName();
    boolean extension = header.isGNULongNameEntry() || header.isPaxHeader();
    long bytes;
    try {
      bytes = longSize != null && !extension ? Long.parseLong(longSize) : header.getSize();
    } catch (NumberFormatException e) {
      listener.broken(name, "its pax size '" + longSize + "' is no number", length - position);
      return false;
    }
    long data = position + BLOCK;
    if (bytes < 0 || bytes > length - data) {
      listener.broken(
          name,
          "it claims "
              + bytes
              + " bytes at "
              + data
              + ", but the tar has only "
              + length
              + " (truncated)",
          -1);
      return false;
    }
    position = data + (bytes + BLOCK - 1) / BLOCK * BLOCK;
    if (extension) {
      return readExtension(header, name, data, bytes);
    }
    longName = null;
    longSize = null;
    long start = memberStart;
    memberStart = position;
    byte type = header.getLinkFlag();
    if (header.isDirectory() || header.isGlobalPaxHeader() || header.isGNULongLinkEntry()) {
      return true;
    }
    if (type != TarConstants.LF_NORMAL
        && type != TarConstants.LF_OLDNORM
        && type != TarConstants.LF_CONTIG) {
      listener.bad(name, "it is no regular file (a link or a device)");
    } else if (header.isSparse()) {
      listener.bad(name, "it is a sparse file");
    } else if (leadsOutside(name)) {
      listener.bad(name, "its name leads outside the shard");
    } else {
      listener.member(new TarMember(name, start, data, bytes));
    }
    return true;
  }

  private boolean readExtension(TarArchiveEntry header, String name, long data, long bytes)
      throws IOException {
    if (bytes > MAX_EXTENSION_BYTES) {
      listener.broken(
          name,
          "a name of " + bytes + " bytes; at most " + MAX_EXTENSION_BYTES + " are read",
          length - position);
      return false;
    }
    byte[] text = new byte[(int) bytes];
    readFully(tar, data, text);
    if (header.isGNULongNameEntry()) {
      int end = 0;
      while (end < text.length && text[end] != 0) {
        end++;
      }
      longName = new String(text, 0, end, StandardCharsets.UTF_8);
      return true;
    }
    return readPax(text, name);
  }

  // Records of "length key=value\n"; the length counts all of the record.
  private boolean readPax(byte[] text, String name) throws IOException {
    int start = 0;
    while (start < text.length && text[start] != 0) {
      int space = start;
      int size = 0;
      while (space < text.length
          && text[space] >= '0'
          && text[space] <= '9'
          && size <= text.length) {
        size = 10 * size + text[space++] - '0';
      }
      int end = start + size;
      if (space >= text.length
          || text[space] != ' '
          || end <= space + 1
          || end > text.length
          || text[end - 1] != '\n') {
        listener.broken(name, "a pax header with a record of wrong length", length - position);
        return false;
      }
      String[] record =
          new String(text, space + 1, end - space - 2, StandardCharsets.UTF_8).split("=", 2);
      if (record.length == 2 && record[0].equals("path")) {
        longName = record[1];
      } else if (record.length == 2 && record[0].equals("size")) {
        longSize = record[1];
      }
      start = end;
    }
    return true;
  }

  static boolean leadsOutside(String name) {
    return name.startsWith("/")
        || name.indexOf('\\') >= 0
        || name.indexOf('\0') >= 0
        || Arrays.asList(name.split("/", -1)).contains("..");
  }

  private static boolean isZero(byte[] block) {
    for (byte b : block) {
      if (b != 0) {
        return false;
      }
    }
    return true;
  }

  static void readFully(FileChannel file, long offset, byte[] bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      if (file.read(buffer, offset + buffer.position()) < 0) {
        throw new EOFException("the file ends at byte " + (offset + buffer.position()));
      }
    }
  }
}
