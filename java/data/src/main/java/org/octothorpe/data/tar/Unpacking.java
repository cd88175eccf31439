package org.octothorpe.data.tar;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The unpacking of one compressed shard. Of one that is cut or damaged, what could be read is kept;
 * one that would fill the disk, as a decompression bomb does, is given up.
 */
final class Unpacking {
  /** Bytes of the disk that stay free, 256 MiB. */
  static final long RESERVE = 256L << 20;

  private static final int BUFFER = 1 << 17;
  private static final int READ = 1 << 10; // of which a decoder that fails loses what it had
  private static final long CHECK = 16L << 20; // bytes between two looks at the disk

  private final Path shard;
  private final Compression compression;
  private final Path tar;
  private final LongSupplier usable;
  private final long bytes;
  private long written;
  private long nextCheck;

  /**
   * Prepares it.
   *
   * @param tar where the contents go
   * @param usable returns the bytes that are free there
   */
  Unpacking(Path shard, Compression compression, Path tar, LongSupplier usable) throws IOException {
    this.shard = shard;
    this.compression = compression;
    this.tar = tar;
    this.usable = usable;
    this.bytes = Files.size(shard);
  }

  /**
   * Unpacks it.
   *
   * @throws IOException if the shard cannot be read, or the disk has no room
   */
  UnpackedShards.Content run() throws IOException {
    requireRoom(bytes);
    try (Stored stored = new Stored(Files.newInputStream(shard));
        BufferedInputStream buffered = new BufferedInputStream(stored, BUFFER);
        OutputStream out = new BufferedOutputStream(Files.newOutputStream(tar), BUFFER)) {
      boolean damaged = false;
      do {
        damaged = !copy(buffered, stored, out);
      } while (!damaged && hasMember(buffered));
      if (damaged) {
        return damaged(stored);
      }
      return new UnpackedShards.Content(tar, "", 0, trailing(buffered));
    }
  }

  private UnpackedShards.Content damaged(Stored stored) {
    String how =
        stored.ended
            ? "its %s data are cut short (truncated)".formatted(compression)
            : String.format(
                Locale.ROOT,
                "its %s data are damaged at about byte %d of %d",
                compression,
                stored.count,
                bytes);
    double rest = Math.max(0, bytes - stored.count) / (double) Math.max(1, stored.count);
    long lost = stored.ended ? -1 : (long) (rest * written);
    return new UnpackedShards.Content(tar, how, lost, 0);
  }

  /** Copies one member, or all; returns false if it is damaged. */
  private boolean copy(InputStream in, Stored stored, OutputStream out) throws IOException {
    InputStream decoder = null;
    byte[] part = new byte[READ];
    while (true) {
      int n;
      try {
        decoder = decoder == null ? compression.open(in) : decoder;
        n = decoder.read(part);
      } catch (IOException | RuntimeException e) { // what decoders throw for damaged data
        IOException fault = stored.fault;
        if (fault != null) {
          throw fault;
        }
        return false;
      }
      if (n < 0) {
        return true;
      }
      requireRoom(n);
      out.write(part, 0, n);
      written += n;
    }
  }

  private void requireRoom(long more) throws IOException {
    if (written < nextCheck) {
      return;
    }
    nextCheck = written + CHECK;
    long free = usable.getAsLong();
    if (free < RESERVE + Math.max(more, CHECK)) {
      throw new IOException(
          String.format(
              Locale.ROOT,
              "%s is compressed, and %s has no room for what it holds: %,d bytes are free, of which %,d stay so, and %,d were unpacked; set TMPDIR to a folder with more room, or unpack the shard yourself",
              shard,
              tar.getParent(),
              free,
              RESERVE,
              written));
    }
  }

  /** Returns whether another gzip member follows; the other decoders read all. */
  private boolean hasMember(BufferedInputStream in) throws IOException {
    if (compression != Compression.GZIP) {
      return false;
    }
    in.mark(2);
    boolean member = in.read() == 0x1f && in.read() == 0x8b;
    in.reset();
    return member;
  }

  /** Returns how many bytes follow that are not zero, as tapes have. */
  private static long trailing(InputStream in) throws IOException {
    long count = 0;
    boolean zeros = true;
    byte[] part = new byte[1 << 13];
    for (int n = in.read(part); n >= 0; n = in.read(part)) {
      count += n;
      for (int i = 0; i < n; i++) {
        zeros &= part[i] == 0;
      }
    }
    return zeros ? 0 : count;
  }

  /** The shard's bytes, counted; faults of reading are distinguished from those of the data. */
  private static final class Stored extends FilterInputStream {
    private long count;
    private boolean ended;
    private @Nullable IOException fault;

    Stored(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] to, int offset, int length) throws IOException {
      try {
        int n = super.read(to, offset, length);
        ended |= n < 0;
        count += Math.max(0, n);
        return n;
      } catch (IOException e) {
        fault = e;
        throw e;
      }
    }
  }
}
