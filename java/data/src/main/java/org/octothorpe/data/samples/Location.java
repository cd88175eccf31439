package org.octothorpe.data.samples;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.octothorpe.data.files.ImageFormat;
import org.octothorpe.data.machine.OpenFiles;
import org.octothorpe.data.tar.TarIndex;
import org.octothorpe.data.tar.UnpackedShards;

/**
 * Where the bytes of an image are: in a file of its own, in a part of a shard, or in a row of a
 * table.
 *
 * @param file path or URL
 * @param offset of the image in the file (in the unpacked file if it is compressed), in bytes; its
 *     row number in a table; 0 if it is the whole file
 * @param bytes its size, or {@link #WHOLE_FILE}, or {@link #IN_TABLE}
 */
public record Location(String file, long offset, long bytes) {
  /** The {@link #bytes} of an image that has a file of its own. */
  public static final long WHOLE_FILE = -1;

  /** The {@link #bytes} of an image that a table holds in a column. */
  public static final long IN_TABLE = -2;

  private static final long MAX_BYTES = 1 << 28;

  /** Returns whether it is somewhere on the network. */
  public boolean isUrl() {
    return file.contains("://");
  }

  /**
   * Returns why the bytes cannot be had, or "" if they can; reads none.
   *
   * @param content what came along with the row, if anything
   */
  public String obstacle(byte @Nullable [] content) throws IOException {
    if (bytes == IN_TABLE) {
      return content == null ? "it has no image" : "";
    }
    if (bytes != WHOLE_FILE) {
      return "";
    }
    if (isUrl()) {
      return file + " is a URL; give a downloaded copy, or write a manifest";
    }
    Path path = Path.of(file);
    if (!Files.isRegularFile(path)) {
      return "there is no file " + file;
    }
    long size = Files.size(path);
    return size <= MAX_BYTES
        ? ""
        : file + " has " + size + " bytes; at most " + MAX_BYTES + " are read";
  }

  /**
   * Returns why an image cannot be used, as far as its place and its first bytes show, or "".
   *
   * @param content as for {@link #obstacle}
   */
  public String fault(byte @Nullable [] content) throws IOException {
    String obstacle = obstacle(content);
    if (!obstacle.isEmpty()) {
      return obstacle;
    }
    byte[] prefix = content != null ? content : prefix();
    return ImageFormat.of(prefix) != null ? "" : ImageFormat.refusal(prefix);
  }

  // The file that the offset counts in.
  private Path content() throws IOException {
    return bytes == WHOLE_FILE ? Path.of(file) : UnpackedShards.tar(Path.of(file));
  }

  private byte[] prefix() throws IOException {
    Path content = content();
    long size = bytes == WHOLE_FILE ? Files.size(content) : bytes;
    ByteBuffer prefix = ByteBuffer.allocate((int) Math.min(ImageFormat.PREFIX_BYTES, size));
    OpenFiles.SHARED.read(content, offset, prefix);
    return prefix.array();
  }

  /**
   * Reads the bytes of an image outside a table.
   *
   * @throws IOException that names the file, if it cannot be read
   */
  public byte[] read() throws IOException {
    if (bytes == IN_TABLE) {
      throw new IllegalStateException(file + ": the bytes of a table's row come with the row");
    }
    try (FileChannel channel = FileChannel.open(content())) {
      byte[] content = new byte[Math.toIntExact(bytes == WHOLE_FILE ? channel.size() : bytes)];
      TarIndex.readFully(channel, offset, content);
      return content;
    } catch (NoSuchFileException e) {
      throw e; // names the file
    } catch (IOException | ArithmeticException e) {
      throw new IOException(
          "cannot read the image at byte " + offset + " of " + file + ": " + e.getMessage(), e);
    }
  }
}
