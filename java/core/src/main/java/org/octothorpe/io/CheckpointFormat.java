package org.octothorpe.io;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The formats of files with weights, recognized by the first bytes, whatever the file's name. */
enum CheckpointFormat {
  SAFETENSORS,
  PYTORCH;

  private static final int HEAD = 512;
  private static final int TAR_MAGIC = 257;

  /** What starts a file that is often mistaken for weights, and what to do with it. */
  private record Other(String magic, String what) {
    boolean starts(String head) {
      return head.startsWith(magic);
    }
  }

  /** Bytes are written as the characters of their numbers. */
  private static final Other[] OTHERS = {
    new Other("version https://git-lfs", "a pointer of Git LFS; 'git lfs pull' fetches the file"),
    new Other("\u001f\u008b", "compressed by gzip; unpack it first"),
    new Other("BZh", "compressed by bzip2; unpack it first"),
    new Other("\u00fd7zXZ", "compressed by xz; unpack it first"),
    new Other("(\u00b5/\u00fd", "compressed by Zstandard; unpack it first"),
    new Other("7z\u00bc\u00af", "a 7z archive; unpack it first"),
    new Other("Rar!", "a RAR archive; unpack it first"),
    new Other(
        "\u0089HDF", "an HDF5 file, as Keras writes it; only PyTorch and safetensors are read"),
    new Other("\u0093NUMPY", "a NumPy array; only PyTorch and safetensors are read"),
    new Other("GGUF", "a GGUF file; only PyTorch and safetensors are read"),
    new Other("%PDF", "a PDF document"),
    new Other("\u00ff\u00d8\u00ff", "a JPEG image"),
    new Other("\u0089PNG", "a PNG image")
  };

  /**
   * Tells the format of a file; of one whose bytes do not tell, that of its name.
   *
   * @throws CorruptFileException if it is something else; the message says what
   */
  static CheckpointFormat of(Path file) throws IOException {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(HEAD);
    }
    String head = new String(bytes, StandardCharsets.ISO_8859_1);
    if (head.startsWith("PK\u0003\u0004") || head.matches("(?s)\u0080[\u0001-\u0005].*")) {
      return PYTORCH;
    }
    if (head.startsWith("{", Long.BYTES) && isHeaderLength(bytes)) {
      return SAFETENSORS;
    }
    String other = other(head);
    if (other != null) {
      throw new CorruptFileException(file, "this is not a file of weights but " + other);
    }
    String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
    if (name.endsWith(".safetensors")) {
      return SAFETENSORS;
    }
    if (name.matches(".*[.](pth|pt|bin|ckpt)")) {
      return PYTORCH;
    }
    throw new CorruptFileException(
        file,
        "this is not a file of weights: it starts neither as a PyTorch file (.pth, .pt, .bin,"
            + " .ckpt) nor as a .safetensors file");
  }

  /** A header of JSON starts with '{'; longer ones than a file of its kind has are other bytes. */
  private static boolean isHeaderLength(byte[] bytes) {
    long length = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
    return length > 0 && length <= Safetensors.MAX_HEADER;
  }

  private static @Nullable String other(String head) {
    if (head.isEmpty()) {
      return "empty (0 bytes)";
    }
    for (Other other : OTHERS) {
      if (other.starts(head)) {
        return other.what;
      }
    }
    if (head.startsWith("ustar", TAR_MAGIC)) {
      return "a tar archive; unpack it first";
    }
    if (head.chars().allMatch(c -> c == 0)) {
      return "zeros, at least at its start: a download that was not finished";
    }
    String text = head.replace("\u00ef\u00bb\u00bf", "").strip().toLowerCase(Locale.ROOT);
    if (text.startsWith("<!doctype") || text.startsWith("<html") || text.startsWith("<?xml")) {
      return "a web page: the download went wrong";
    }
    if (text.startsWith("{") || text.startsWith("[")) {
      return "a JSON text, such as an index or a message of a server";
    }
    return null;
  }
}
