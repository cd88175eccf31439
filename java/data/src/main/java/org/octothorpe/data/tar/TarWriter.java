package org.octothorpe.data.tar;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.octothorpe.internal.AtomicFiles;

/** A tar archive in the making, whose bytes depend on nothing but names and contents. */
public final class TarWriter {
  private static final int MODE = 0100644;

  private final BufferedOutputStream out;
  private final TarArchiveOutputStream tar;

  /** What fills a shard. */
  @FunctionalInterface
  public interface Content {
    /** Adds all files. */
    void writeTo(TarWriter shard) throws IOException;
  }

  private TarWriter(OutputStream out) {
    this.out = new BufferedOutputStream(out, 1 << 16);
    this.tar = new TarArchiveOutputStream(this.out);
  }

  /**
   * Writes a shard, whole or not at all; see {@link AtomicFiles#write(Path, AtomicFiles.Content)}.
   */
  public static void write(Path file, Content content) throws IOException {
    AtomicFiles.write(
        file,
        out -> {
          TarWriter shard = new TarWriter(out);
          content.writeTo(shard);
          shard.tar.finish();
          shard.out.flush(); // the tar's own flush stops before it
        });
  }

  /** Appends a file. */
  public void add(String name, byte[] contents) throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry(name);
    entry.setSize(contents.length);
    entry.setMode(MODE);
    entry.setModTime(0L);
    entry.setIds(0, 0);
    tar.putArchiveEntry(entry);
    tar.write(contents);
    tar.closeArchiveEntry();
  }
}
