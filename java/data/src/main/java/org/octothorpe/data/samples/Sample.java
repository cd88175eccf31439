package org.octothorpe.data.samples;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.util.List;
import org.octothorpe.data.files.MemberName;
import org.octothorpe.data.tags.Hashtags;
import org.octothorpe.data.tags.RepeatFactor;
import org.octothorpe.data.tar.UnpackedShards;

/**
 * A place in a file where a labeled image is stored.
 *
 * @param file the shard, or the image's own file
 * @param name the image's name within the data set; a shard's member or a path in a folder, with
 *     bytes that are not text escaped as {@code \\xE9}
 * @param offset bytes before the image in {@code file}, or in what it holds if it is compressed
 * @param bytes size of the image as stored
 * @param tags its hashtags, folded by {@link Hashtags#fold}, without duplicates, in the order of
 *     the source
 * @param classId its class, or {@link #NO_CLASS}
 * @param key its {@link SampleKey#high}
 * @param repeat how often it appears in an epoch of training on average, see {@link RepeatFactor}
 */
public record Sample(
    Path file,
    String name,
    long offset,
    int bytes,
    List<String> tags,
    int classId,
    long key,
    double repeat) {
  /** The {@link #classId} of an image that carries none. */
  public static final int NO_CLASS = -1;

  /** Copies the tags. */
  public Sample {
    tags = List.copyOf(tags);
    RepeatFactor.check(repeat);
  }

  /** A sample that is called by its name and appears once per epoch. */
  public Sample(Path file, String name, long offset, int bytes, List<String> tags, int classId) {
    this(file, name, offset, bytes, tags, classId, SampleKey.of(name).high(), 1);
  }

  /** Returns the image as stored. */
  public byte[] load() throws IOException {
    byte[] stored = new byte[bytes];
    try (RandomAccessFile open = new RandomAccessFile(content().toFile(), "r")) {
      open.seek(offset);
      open.readFully(stored);
    }
    return stored;
  }

  /** Returns the file that {@link #offset} counts in: what a compressed shard was unpacked into. */
  public Path content() throws IOException {
    return ownsFile() ? file : UnpackedShards.tar(file);
  }

  /** Returns whether {@link #file} is the image itself, not a shard. */
  public boolean ownsFile() {
    if (offset > 0) {
      return false; // in a shard, a header precedes it
    }
    String path = MemberName.of(file.toString());
    return path.equals(name) || path.endsWith("/" + name);
  }

  /** Returns where the image is, as messages name it. */
  public String where() {
    return ownsFile() ? MemberName.of(file.toString()) : file + ": " + name;
  }
}
