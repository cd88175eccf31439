package org.octothorpe.data.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** A tar in the making, by commons-compress. */
public final class TestShard {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes);

  public TestShard() {
    tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_GNU);
  }

  public TestShard posix() {
    tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
    return this;
  }

  public TestShard add(String name, byte[] content) {
    // preserveAbsolutePath, or the library would strip the leading '/' that a test is about
    TarArchiveEntry entry = new TarArchiveEntry(name, true);
    entry.setSize(content.length);
    return add(entry, content);
  }

  public TestShard add(TarArchiveEntry entry, byte[] content) {
    try {
      tar.putArchiveEntry(entry);
      tar.write(content);
      tar.closeArchiveEntry();
      return this;
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  public TestShard add(String name, String content) {
    return add(name, content.getBytes(StandardCharsets.UTF_8));
  }

  /** A sample of a 32 x 32 image that the seed chooses, with tags. */
  public TestShard sample(String key, long seed, String... tags) {
    add(key + ".jpg", TestImages.jpeg(32, 32, seed));
    return add(
        key + ".json",
        tags.length == 0
            ? "{\"tags\": []}"
            : "{\"tags\": [\"" + String.join("\", \"", tags) + "\"]}");
  }

  public byte[] bytes() {
    try {
      tar.close();
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  public Path write(Path file) throws IOException {
    return Files.write(file, bytes());
  }
}
