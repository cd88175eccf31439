package org.octothorpe.io;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/**
 * A file of any size, mapped read-only in windows of 1 GiB; slices stay valid after {@code close}.
 *
 * <p>A mapping a tensor would be simpler, but a process has only some 65,000 of them.
 */
public final class MappedFile implements AutoCloseable {
  private static final long WINDOW = 1L << 30;

  private final Path path;
  private final FileChannel channel;
  private final long size;
  private final Map<Long, MappedByteBuffer> windows = new HashMap<>();

  private MappedFile(Path path, FileChannel channel, long size) {
    this.path = path;
    this.channel = channel;
    this.size = size;
  }

  /** Opens a file; its size is taken once, now. */
  static MappedFile open(Path path) throws IOException {
    FileChannel channel = FileChannel.open(path, StandardOpenOption.READ);
    try {
      return new MappedFile(path, channel, channel.size());
    } catch (IOException | RuntimeException e) {
      channel.close();
      throw e;
    }
  }

  Path path() {
    return path;
  }

  long size() {
    return size;
  }

  /**
   * Returns the bytes from {@code offset}, little-endian and read-only.
   *
   * @throws CorruptFileException if they do not lie inside the file
   */
  ByteBuffer slice(long offset, long length) throws IOException {
    if (offset < 0 || length < 0 || length > Integer.MAX_VALUE || offset > size - length) {
      throw new CorruptFileException(
          path,
          String.format(
              Locale.ROOT,
              "%d bytes at %d are not inside the file of %d bytes",
              length,
              offset,
              size));
    }
    if (length == 0) {
      return ByteBuffer.allocate(0).order(ByteOrder.LITTLE_ENDIAN);
    }
    long window = offset / WINDOW;
    if (window != (offset + length - 1) / WINDOW) {
      return channel
          .map(FileChannel.MapMode.READ_ONLY, offset, length)
          .order(ByteOrder.LITTLE_ENDIAN);
    }
    MappedByteBuffer mapped = windows.get(window);
    if (mapped == null) {
      long begin = window * WINDOW;
      mapped = channel.map(FileChannel.MapMode.READ_ONLY, begin, Math.min(WINDOW, size - begin));
      windows.put(window, mapped);
    }
    return mapped
        .slice((int) (offset - window * WINDOW), (int) length)
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
