package org.octothorpe.data.tar;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.apache.commons.compress.archivers.tar.TarUtils;
import org.octothorpe.data.files.MemberName;

/**
 * A header block of a tar, as v7, ustar, GNU tar and star write it: what it says of the member that
 * follows it. Names are bytes.
 */
public final class TarHeader {
  /** The size of a header, and the unit of everything in a tar, in bytes. */
  public static final int BLOCK = 512;

  private static final int NAME = 0;
  private static final int NAME_BYTES = 100;
  private static final int SIZE = 124;
  private static final int SIZE_BYTES = 12;
  private static final int TYPE = 156;
  private static final int LINK = 157;
  private static final int MAGIC = 257;
  private static final byte[] USTAR = "ustar".getBytes(StandardCharsets.US_ASCII);
  private static final int PREFIX = 345;
  private static final int PREFIX_BYTES = 155;
  private static final int STAR_PREFIX_BYTES = 131;
  private static final int STAR_MAGIC = 508;
  private static final int SPARSE_MORE = 482; // whether further blocks of a GNU sparse map follow

  private final byte[] block;

  private TarHeader(byte[] block) {
    this.block = block;
  }

  /** Returns whether a block is a header: its checksum is right, and it is not all zeros. */
  static boolean isHeader(byte[] block) {
    try {
      return !isZero(block) && TarUtils.verifyCheckSum(block);
    } catch (IllegalArgumentException e) {
      return false; // its checksum is not a number
    }
  }

  /** Returns whether the magic word of ustar and GNU tar is where a header at a place has it. */
  static boolean hasMagic(byte[] bytes, int place) {
    for (int i = 0; i < USTAR.length; i++) {
      if (bytes[place + MAGIC + i] != USTAR[i]) {
        return false;
      }
    }
    return true;
  }

  static boolean isZero(byte[] block) {
    for (byte b : block) {
      if (b != 0) {
        return false;
      }
    }
    return true;
  }

  /** Returns the header that a block is for which {@link #isHeader} holds. */
  static TarHeader of(byte[] block) {
    return new TarHeader(block.clone());
  }

  /** Returns the name, with the folder that ustar stores separately. */
  byte[] name() {
    byte[] name = text(NAME, NAME_BYTES);
    boolean ustar = ascii(MAGIC, 6).equals("ustar\0"); // GNU's own has a space there
    byte[] prefix = ustar ? text(PREFIX, isStar() ? STAR_PREFIX_BYTES : PREFIX_BYTES) : new byte[0];
    if (prefix.length == 0) {
      return name;
    }
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(prefix);
    all.write('/');
    all.writeBytes(name);
    return all.toByteArray();
  }

  /** Returns the name of the file that a link leads to. */
  byte[] link() {
    return text(LINK, NAME_BYTES);
  }

  /** Returns the type of the member, NUL in v7. */
  char type() {
    return (char) (block[TYPE] & 0xff);
  }

  /** Returns whether another block of a GNU sparse map follows this header. */
  boolean hasMoreSparse() {
    return block[SPARSE_MORE] != 0;
  }

  /**
   * Returns the size of what follows.
   *
   * @throws NumberFormatException that quotes what is in its place, if it is not a number
   */
  long bytes() {
    byte[] field = Arrays.copyOfRange(block, SIZE, SIZE + SIZE_BYTES);
    if (new String(field, StandardCharsets.ISO_8859_1).replace('\0', ' ').isBlank()) {
      return 0;
    }
    try {
      return TarUtils.parseOctalOrBinary(block, SIZE, SIZE_BYTES);
    } catch (IllegalArgumentException e) {
      NumberFormatException fault = new NumberFormatException(MemberName.of(text(SIZE, 12)));
      fault.initCause(e);
      throw fault;
    }
  }

  // star keeps two times where ustar has the end of the folder's name.
  private boolean isStar() {
    return ascii(STAR_MAGIC, 4).equals("tar\0")
        || (block[PREFIX + STAR_PREFIX_BYTES - 1] == 0
            && block[487] == ' '
            && block[499] == ' '
            && ascii(476, 11).chars().allMatch(c -> c >= '0' && c <= '7'));
  }

  private String ascii(int from, int bytes) {
    return new String(block, from, bytes, StandardCharsets.ISO_8859_1);
  }

  private byte[] text(int from, int bytes) {
    int end = from;
    while (end < from + bytes && block[end] != 0) {
      end++;
    }
    return Arrays.copyOfRange(block, from, end);
  }
}
