package org.octothorpe.data.tar;

import static org.octothorpe.data.tar.TarHeader.BLOCK;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.Arrays;

/**
 * A run of zero blocks in a tar, and what follows it: two are the end mark, but tars that were
 * joined have more after it, and something else may have been appended or written over members.
 *
 * @param end the block after the run
 * @param then what is there
 */
record TarZeros(long end, Then then) {
  private static final int CHUNK = 1 << 16;
  private static final int END_MARK = 2 * BLOCK;

  /** What follows a run of zero blocks. */
  enum Then {
    /** Nothing. */
    END,
    /** A member. */
    HEADER,
    /** What is not of a tar. */
    OTHER,
    /** The rest of members whose headers are gone. */
    OVERWRITTEN
  }

  /** Looks at the run that starts at a place. */
  static TarZeros at(FileChannel tar, long start) throws IOException {
    long length = tar.size();
    long end = firstNonZero(tar, start) / BLOCK * BLOCK;
    if (end >= length / BLOCK * BLOCK && isRestZero(tar, end)) {
      return new TarZeros(length, Then.END);
    }
    if (isHeader(tar, end)) {
      return new TarZeros(end, Then.HEADER);
    }
    boolean marked = end - start >= END_MARK && !endsWithMark(tar);
    return new TarZeros(end, marked && !hasHeader(tar, end) ? Then.OTHER : Then.OVERWRITTEN);
  }

  /** Returns whether all bytes from a place on are zero. */
  static boolean isRestZero(FileChannel tar, long from) throws IOException {
    return firstNonZero(tar, from) >= tar.size();
  }

  private static long firstNonZero(FileChannel tar, long from) throws IOException {
    long length = tar.size();
    for (long place = from; place < length; place += CHUNK) {
      byte[] chunk = new byte[(int) Math.min(CHUNK, length - place)];
      TarIndex.readFully(tar, place, chunk);
      for (int i = 0; i < chunk.length; i++) {
        if (chunk[i] != 0) {
          return place + i;
        }
      }
    }
    return length;
  }

  private static boolean isHeader(FileChannel tar, long place) throws IOException {
    byte[] block = new byte[BLOCK];
    if (place + BLOCK > tar.size()) {
      return false;
    }
    TarIndex.readFully(tar, place, block);
    return TarHeader.isHeader(block);
  }

  // At any byte: what was put between joined tars need not be whole blocks.
  private static boolean hasHeader(FileChannel tar, long from) throws IOException {
    long length = tar.size();
    for (long place = from; place + BLOCK <= length; place += CHUNK) {
      byte[] chunk = new byte[(int) Math.min(CHUNK + BLOCK, length - place)];
      TarIndex.readFully(tar, place, chunk);
      for (int i = 0; i + BLOCK <= chunk.length; i++) {
        boolean aligned = (place + i - from) % BLOCK == 0;
        if ((aligned || TarHeader.hasMagic(chunk, i))
            && TarHeader.isHeader(Arrays.copyOfRange(chunk, i, i + BLOCK))) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean endsWithMark(FileChannel tar) throws IOException {
    long length = tar.size();
    return length % BLOCK == 0 && length > END_MARK && isRestZero(tar, length - END_MARK);
  }
}
