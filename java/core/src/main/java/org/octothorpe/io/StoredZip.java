package org.octothorpe.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.zip.CRC32;

/**
 * The records of a zip archive that compresses nothing, as PyTorch writes it; ZIP64 included.
 *
 * <p>Uncompressed records can be mapped where they lie, and cannot grow: their sizes together are
 * at most the file's.
 */
final class StoredZip {
  private static final int END = 0x06054b50;
  private static final int END_BYTES = 22;
  private static final int END64_LOCATOR = 0x07064b50;
  private static final int END64_LOCATOR_BYTES = 20;
  private static final int END64 = 0x06064b50;
  private static final int END64_BYTES = 56;
  private static final int CENTRAL = 0x02014b50;
  private static final int CENTRAL_BYTES = 46;
  private static final int LOCAL = 0x04034b50;
  private static final int LOCAL_BYTES = 30;
  private static final int ZIP64_FIELD = 1;
  private static final int MAX_COMMENT = 0xffff;
  private static final int CHUNK = 1 << 20;
  private static final long MAX32 = 0xffffffffL;
  private static final int MAX16 = 0xffff;

  private final MappedFile file;
  private final Map<String, Entry> entries = new LinkedHashMap<>();

  private record Entry(long localHeader, long size, int crc) {}

  private StoredZip(MappedFile file) {
    this.file = file;
  }

  /**
   * Reads the directory of an archive.
   *
   * @throws CorruptFileException if it is damaged, or has a compressed or encrypted record
   */
  static StoredZip open(MappedFile file) throws IOException {
    StoredZip zip = new StoredZip(file);
    zip.readDirectory();
    return zip;
  }

  /** Returns the names of the records, in the directory's order. */
  Set<String> names() {
    return entries.keySet();
  }

  /**
   * Returns the bytes of a record, which are a view of the file.
   *
   * @throws CorruptFileException if there is no such record or its checksum is wrong
   */
  ByteBuffer read(String name) throws IOException {
    Entry entry = entries.get(name);
    if (entry == null) {
      throw corrupt("the archive has no record '" + name + "'");
    }
    ByteBuffer local = file.slice(entry.localHeader, LOCAL_BYTES);
    if (local.getInt(0) != LOCAL) {
      throw corrupt(
          String.format(
              Locale.ROOT, "record '%s' has no local header at %d", name, entry.localHeader));
    }
    long begin = entry.localHeader + LOCAL_BYTES + unsigned16(local, 26) + unsigned16(local, 28);
    ByteBuffer bytes = file.slice(begin, entry.size);
    CRC32 crc = new CRC32();
    crc.update(bytes.duplicate());
    if ((int) crc.getValue() != entry.crc) {
      throw corrupt(
          String.format(
              Locale.ROOT,
              "record '%s' has CRC-32 %08x, but the directory says %08x",
              name,
              crc.getValue(),
              entry.crc));
    }
    return bytes;
  }

  private void readDirectory() throws IOException {
    long end = findEnd();
    ByteBuffer fields = file.slice(end, END_BYTES);
    long count = unsigned16(fields, 10);
    long size = unsigned32(fields, 12);
    long begin = unsigned32(fields, 16);
    if (count == MAX16 || size == MAX32 || begin == MAX32) {
      ByteBuffer wide = readEnd64(end);
      count = wide.getLong(32);
      size = wide.getLong(40);
      begin = wide.getLong(48);
    }
    ByteBuffer directory = file.slice(begin, size);
    long total = 0;
    for (long i = 0; i < count; i++) {
      total += readEntry(directory);
      if (total < 0 || total > file.size()) {
        throw corrupt("the archive's records together exceed its " + file.size() + " bytes");
      }
    }
  }

  /**
   * Returns where the end record is: the last one, but for zeros behind it, which disks and
   * downloads add, and at most 64 kB of other bytes.
   */
  private long findEnd() throws IOException {
    long last = lastByte();
    long searched = Math.min(file.size(), last + END_BYTES); // the record may end in zeros
    int length = (int) Math.min(searched, END_BYTES + MAX_COMMENT);
    ByteBuffer tail = file.slice(searched - length, length);
    for (int at = length - END_BYTES; at >= 0; at--) {
      if (tail.getInt(at) == END) {
        long end = searched - length + at;
        if (end + END_BYTES + unsigned16(tail, at + 20) <= file.size()) {
          return end;
        }
      }
    }
    throw corrupt("truncated: the zip archive has no end record");
  }

  /** Returns where the last byte is that is not zero; 0 if there is none. */
  private long lastByte() throws IOException {
    long end = file.size();
    while (end > 0) {
      int length = (int) Math.min(end, CHUNK);
      ByteBuffer chunk = file.slice(end - length, length);
      for (int at = length - 1; at >= 0; at--) {
        if (chunk.get(at) != 0) {
          return end - length + at;
        }
      }
      end -= length;
    }
    return 0;
  }

  private ByteBuffer readEnd64(long end) throws IOException {
    ByteBuffer locator = file.slice(end - END64_LOCATOR_BYTES, END64_LOCATOR_BYTES);
    ByteBuffer wide =
        locator.getInt(0) == END64_LOCATOR
            ? file.slice(locator.getLong(8), END64_BYTES)
            : ByteBuffer.allocate(END64_BYTES);
    if (wide.getInt(0) != END64) {
      throw corrupt("the zip archive needs a ZIP64 end record and has none");
    }
    return wide;
  }

  /** Reads the entry at the directory's position, moves past it, and returns its record's size. */
  private long readEntry(ByteBuffer directory) throws IOException {
    int at = directory.position();
    if (directory.remaining() < CENTRAL_BYTES || directory.getInt(at) != CENTRAL) {
      throw corrupt(
          String.format(Locale.ROOT, "entry %d of the zip directory is damaged", entries.size()));
    }
    int nameBytes = unsigned16(directory, at + 28);
    int extraBytes = unsigned16(directory, at + 30);
    long next = (long) at + CENTRAL_BYTES + nameBytes + extraBytes + unsigned16(directory, at + 32);
    if (next > directory.limit()) {
      throw corrupt(
          String.format(Locale.ROOT, "entry %d of the zip directory is cut", entries.size()));
    }
    ByteBuffer nameSlice = directory.slice(at + CENTRAL_BYTES, nameBytes);
    String name = StandardCharsets.UTF_8.decode(nameSlice).toString();
    long packed = unsigned32(directory, at + 20);
    long size = unsigned32(directory, at + 24);
    long localHeader = unsigned32(directory, at + 42);
    ByteBuffer extra =
        wideFields(
            directory.slice(at + CENTRAL_BYTES + nameBytes, extraBytes).order(directory.order()));
    size = size == MAX32 ? wide(name, extra) : size;
    packed = packed == MAX32 ? wide(name, extra) : packed;
    localHeader = localHeader == MAX32 ? wide(name, extra) : localHeader;
    int method = unsigned16(directory, at + 10);
    if (method != 0 || (unsigned16(directory, at + 8) & 1) != 0 || packed != size) {
      throw corrupt(
          String.format(
              Locale.ROOT,
              "record '%s' is compressed (method %d) or encrypted; PyTorch stores records as they"
                  + " are",
              name,
              method));
    }
    if (size < 0 || size > file.size()) {
      throw corrupt(
          String.format(
              Locale.ROOT,
              "record '%s' has %d bytes, but the file has %d",
              name,
              size,
              file.size()));
    }
    if (entries.put(name, new Entry(localHeader, size, directory.getInt(at + 16))) != null) {
      throw corrupt("the archive has two records '" + name + "'");
    }
    directory.position((int) next);
    return size;
  }

  /** Returns the ZIP64 field among an entry's extra fields; empty if it has none. */
  private static ByteBuffer wideFields(ByteBuffer extra) {
    while (extra.remaining() >= 4) {
      int id = extra.getShort() & MAX16;
      int length = Math.min(extra.getShort() & MAX16, extra.remaining());
      if (id == ZIP64_FIELD) {
        return extra.slice(extra.position(), length).order(extra.order());
      }
      extra.position(extra.position() + length);
    }
    return ByteBuffer.allocate(0);
  }

  private long wide(String name, ByteBuffer fields) throws IOException {
    if (fields.remaining() < Long.BYTES) {
      throw corrupt("record '" + name + "' needs a ZIP64 field and has none");
    }
    return fields.getLong();
  }

  private static int unsigned16(ByteBuffer bytes, int at) {
    return bytes.getShort(at) & MAX16;
  }

  private static long unsigned32(ByteBuffer bytes, int at) {
    return bytes.getInt(at) & MAX32;
  }

  private CorruptFileException corrupt(String reason) {
    return new CorruptFileException(file.path(), reason);
  }
}
