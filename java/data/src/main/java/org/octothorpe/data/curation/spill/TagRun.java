package org.octothorpe.data.curation.spill;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Tags with counts in code point order, in memory or on disk. */
public final class TagRun {
  private static final int BUFFER = 1 << 16;

  private TagRun() {}

  /** The tags of a run, one after the other. */
  public interface Cursor extends AutoCloseable {
    /** Returns the next tag, or null after the last. */
    @Nullable TagCount next() throws IOException;

    @Override
    default void close() throws IOException {}
  }

  /** Returns tags that are in memory. */
  public static Cursor of(List<TagCount> sorted) {
    Iterator<TagCount> iterator = sorted.iterator();
    return () -> iterator.hasNext() ? iterator.next() : null;
  }

  static void write(Path file, Cursor sorted) throws IOException {
    try (OutputStream stream = Files.newOutputStream(file);
        DataOutputStream out = new DataOutputStream(new BufferedOutputStream(stream, BUFFER))) {
      for (TagCount tag = sorted.next(); tag != null; tag = sorted.next()) {
        byte[] text = tag.tag().getBytes(StandardCharsets.UTF_8);
        out.writeInt(text.length);
        out.write(text);
        out.writeLong(tag.images());
      }
      out.writeInt(-1); // the end: a run that is cut short is not a shorter run
    } catch (IOException e) {
      throw new IOException("cannot write " + file + ": " + e.getMessage(), e);
    }
  }

  static Cursor open(Path file) throws IOException {
    DataInputStream in =
        new DataInputStream(new BufferedInputStream(Files.newInputStream(file), BUFFER));
    return new Cursor() {
      @Override
      public @Nullable TagCount next() throws IOException {
        try {
          int length = in.readInt();
          if (length < 0) {
            return null;
          }
          byte[] text = new byte[length];
          in.readFully(text);
          return new TagCount(new String(text, StandardCharsets.UTF_8), in.readLong());
        } catch (EOFException e) {
          throw new IOException(file + " is cut short", e);
        }
      }

      @Override
      public void close() throws IOException {
        in.close();
      }
    };
  }

  static void delete(Path file) throws IOException {
    Files.delete(file);
  }
}
