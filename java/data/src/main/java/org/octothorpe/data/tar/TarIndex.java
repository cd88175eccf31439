package org.octothorpe.data.tar;

import static org.octothorpe.data.tar.TarHeader.BLOCK;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.octothorpe.data.files.MemberName;

/**
 * The headers of a tar file, one after the other, without what is between them.
 *
 * <p>v7, ustar, GNU tar, star and pax, tars that were joined, and tars without an end mark. What
 * cannot be read is reported, with its place, and skipped; after a block that should be a header
 * and is not, nothing more can be found.
 */
public final class TarIndex {
  private final FileChannel tar;
  private final long length;
  private final Listener listener;
  private long position;
  private long memberStart; // of the next member's first header, that of its long name included
  private byte @Nullable [] longName;
  private byte @Nullable [] longLink;
  private @Nullable PaxRecords pax;
  private String fault = ""; // of the headers before the member's own
  private @Nullable Map<String, TarMember> targets; // of hard links, once there is one

  /** Visits what a tar holds, in its order. */
  public interface Listener {
    /** Takes a file, or an entry that takes the place of one and cannot be read. */
    void member(TarMember member) throws IOException;

    /** Takes something that costs no member; {@code where} is its place in the tar. */
    void note(String what, String where);

    /** Takes notice that the tar has no end mark, though its last member is whole. */
    void unmarked() throws IOException;

    /**
     * Takes notice that nothing after this place can be found.
     *
     * @param rest bytes after it, if they were overwritten; negative if the tar was cut
     */
    void broken(String what, String reason, long rest) throws IOException;

    /** Returns whether nothing more is wanted. */
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
  public static void read(FileChannel tar, long start, Listener listener) throws IOException {
    new TarIndex(tar, start, listener).read();
  }

  private void read() throws IOException {
    byte[] block = new byte[BLOCK];
    while (!listener.enough()) {
      if (position + BLOCK > length) {
        end();
        return;
      }
      readFully(tar, position, block);
      if (TarHeader.isZero(block)) {
        TarZeros zeros = TarZeros.at(tar, position);
        if (!readOn(zeros)) {
          return;
        }
      } else if (!TarHeader.isHeader(block)) {
        listener.broken(
            "byte " + position,
            position == 0
                ? "it is not a tar: the checksum is wrong where the first header should be"
                : "it is not a tar header: its checksum is wrong",
            length - position);
        return;
      } else if (!readEntry(TarHeader.of(block))) {
        return;
      }
    }
  }

  /** Continues after blocks of zeros, as after the end of a tar that was joined to another. */
  private boolean readOn(TarZeros zeros) throws IOException {
    forgetExtensions();
    switch (zeros.then()) {
      case END -> {
        return false;
      }
      case HEADER -> {
        position = zeros.end();
        memberStart = position;
        return true;
      }
      case OTHER ->
          listener.note(
              "bytes after the end mark of a tar are not a tar and were skipped",
              "byte " + zeros.end() + " to " + length);
      case OVERWRITTEN ->
          listener.broken(
              "byte " + zeros.end(),
              "it is not a tar header, though a tar continues after it: something was written over a"
                  + " part of it, or between tars that were joined",
              length - zeros.end());
    }
    return false;
  }

  private void end() throws IOException {
    boolean pending = longName != null || longLink != null || pax != null;
    if (length == 0) {
      listener.broken("byte 0", "the tar is empty (truncated)", -1);
    } else if (pending || (position < length && !TarZeros.isRestZero(tar, position))) {
      listener.broken("byte " + length, "the tar ends within a header (truncated)", -1);
    } else if (position > length) { // no program writes less than whole blocks
      listener.broken("byte " + length, "the tar ends within a block (truncated)", -1);
    } else {
      listener.unmarked();
    }
  }

  // False if nothing after it can be found.
  private boolean readEntry(TarHeader header) throws IOException {
    String name = name(header);
    char type = header.type();
    boolean extension = "LKxXg".indexOf(type) >= 0;
    long bytes;
    try {
      bytes = header.bytes();
      bytes = pax != null && !extension ? pax.size(bytes) : bytes;
    } catch (NumberFormatException e) {
      listener.broken(
          name, "its size is '" + e.getMessage() + "', which is not a number", length - position);
      return false;
    }
    long data = position + BLOCK;
    if (type == 'S' && header.hasMoreSparse()) {
      data = behindSparseMap(data);
    } else if (!extension && !hasData(header, data, bytes)) {
      bytes = 0;
    }
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
      readExtension(type, data, bytes);
    } else {
      readMember(header, name, data, bytes);
      forgetExtensions();
      memberStart = position;
    }
    return true;
  }

  private String name(TarHeader header) {
    byte[] name = null;
    if (pax != null) {
      byte[] sparse = pax.value("GNU.sparse.name");
      name = sparse != null ? sparse : pax.value("path");
    }
    if (name == null || name.length == 0) {
      name = longName != null ? longName : header.name();
    }
    return MemberName.of(name);
  }

  // Links, folders and devices have none, whatever size they state; a hard link may in a pax tar.
  private boolean hasData(TarHeader header, long data, long bytes) throws IOException {
    char type = header.type();
    if (type == '1' && bytes > 0 && bytes <= length - data) {
      byte[] next = new byte[BLOCK];
      if (data + BLOCK <= length) {
        readFully(tar, data, next);
      }
      return !TarHeader.isHeader(next) && !TarHeader.isZero(next);
    }
    return "123456".indexOf(type) < 0;
  }

  private long behindSparseMap(long data) throws IOException {
    byte[] map = new byte[BLOCK];
    long place = data;
    do {
      if (place + BLOCK > length) {
        return place; // refused as truncated
      }
      readFully(tar, place, map);
      place += BLOCK;
    } while (map[504] != 0);
    return place;
  }

  private void readMember(TarHeader header, String name, long data, long bytes) throws IOException {
    char type = header.type();
    boolean folder = type == '5' || type == 'D' || type == 'V' || name.endsWith("/");
    if (folder) {
      return;
    }
    TarMember member;
    if (!fault.isEmpty()) {
      member = new TarMember(name, memberStart, data, bytes, fault);
    } else if (type == 'S' || (pax != null && pax.isSparse())) {
      member =
          new TarMember(
              name,
              memberStart,
              data,
              bytes,
              "it is stored as a sparse file (tar without --sparse stores it whole)");
    } else if (type == '1' && bytes == 0) {
      member = linked(header, name);
    } else {
      member = new TarMember(name, memberStart, data, bytes, obstacle(type));
    }
    if (targets != null && member.obstacle().isEmpty()) {
      targets.put(name, member);
    }
    listener.member(member);
  }

  private static String obstacle(char type) {
    return switch (type) {
      case '0', '\0', '7', '1' -> "";
      case '2' -> "it is a symbolic link (tar --dereference stores what it leads to)";
      case '3', '4', '6' -> "it is a device or a pipe";
      case 'M' -> "it is continued from another volume";
      default -> "it is of type '" + MemberName.of(String.valueOf(type)) + "', not a regular file";
    };
  }

  /** Returns the file that a hard link leads to, under the link's name. */
  private TarMember linked(TarHeader header, String name) throws IOException {
    byte[] link = pax == null ? null : pax.value("linkpath");
    if (link == null || link.length == 0) {
      link = longLink != null ? longLink : header.link();
    }
    String target = MemberName.of(link);
    Map<String, TarMember> known = targets;
    if (known == null) {
      known = regular(memberStart);
      targets = known;
    }
    TarMember found = known.get(target);
    return found == null
        ? new TarMember(
            name,
            memberStart,
            position,
            0,
            "it is a hard link to " + target + ", which is not a file before it in the tar")
        : new TarMember(name, memberStart, found.offset(), found.bytes());
  }

  /** Returns the regular files before a place, by their names; the last of a name counts. */
  private Map<String, TarMember> regular(long before) throws IOException {
    Map<String, TarMember> all = new HashMap<>();
    long[] last = {0};
    TarIndex index =
        new TarIndex(
            tar,
            0,
            new Listener() {
              @Override
              public void member(TarMember member) {
                last[0] = member.start();
                if (member.start() < before && member.obstacle().isEmpty()) {
                  all.put(member.name(), member);
                }
              }

              @Override
              public void note(String what, String where) {}

              @Override
              public void unmarked() {}

              @Override
              public void broken(String what, String reason, long rest) {}

              @Override
              public boolean enough() {
                return last[0] >= before;
              }
            });
    index.targets = all; // links to links
    index.read();
    return all;
  }

  private void readExtension(char type, long data, long bytes) throws IOException {
    switch (type) {
      case 'L', 'K' -> {
        if (bytes > PaxRecords.MAX_NAME_BYTES) {
          fault =
              String.format(
                  Locale.ROOT,
                  "its name has %d bytes; at most %d are read",
                  bytes,
                  PaxRecords.MAX_NAME_BYTES);
          return;
        }
        byte[] text = new byte[(int) bytes];
        readFully(tar, data, text);
        int end = 0;
        while (end < text.length && text[end] != 0) {
          end++;
        }
        if (type == 'L') {
          longName = Arrays.copyOf(text, end);
        } else {
          longLink = Arrays.copyOf(text, end);
        }
      }
      case 'g' -> {
        PaxRecords global = PaxRecords.read(tar, data, bytes);
        if (global.value("path") != null || global.value("size") != null) {
          listener.note(
              "global pax headers set a path or a size, which were not applied", "byte " + data);
        }
      }
      default -> {
        PaxRecords records = PaxRecords.read(tar, data, bytes);
        if (records.fault().isEmpty()) {
          pax = records;
        } else {
          fault = records.fault();
        }
      }
    }
  }

  private void forgetExtensions() {
    longName = null;
    longLink = null;
    pax = null;
    fault = "";
  }

  /** Fills an array from an offset of a file on; throws EOFException if the file ends before. */
  public static void readFully(FileChannel file, long offset, byte[] bytes) throws IOException {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    while (buffer.hasRemaining()) {
      if (file.read(buffer, offset + buffer.position()) < 0) {
        throw new EOFException("the file ends at byte " + (offset + buffer.position()));
      }
    }
  }
}
