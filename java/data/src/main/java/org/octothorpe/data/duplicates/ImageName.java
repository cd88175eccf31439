package org.octothorpe.data.duplicates;

import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.octothorpe.data.ImageProbe;
import org.octothorpe.data.Row;
import org.octothorpe.data.RowFile;
import org.octothorpe.data.Sample;
import org.octothorpe.data.Samples;
import org.octothorpe.data.StoredImage;

/**
 * An image as files name it: its shard, without the folder that it lies in, and its name there.
 * Neither holds a tab or a line break, which names have as {@code \\x09} and {@code \\x0A}.
 *
 * @param shard the shard's file name; empty for an image that is a file of its own
 * @param name the member of the shard, or the path in the folder
 */
public record ImageName(String shard, String name) implements Comparable<ImageName>, Serializable {
  private static final int PICTURES = 512;

  /** Returns the name of an image. */
  public static ImageName of(Sample sample) {
    return new ImageName(sample.ownsFile() ? "" : RowFile.shardName(sample.file()), sample.name());
  }

  /** Returns the name of a row's image, as that of its sample; null if it has none. */
  public static @Nullable ImageName of(RowFile file, Row row) {
    if (row.name().isEmpty()) {
      return null;
    }
    boolean own = row.image().bytes() == StoredImage.WHOLE_FILE;
    return new ImageName(own ? "" : RowFile.shardName(file.path()), row.name());
  }

  /**
   * Returns the image that a line of a drop list names, the reverse of {@link #toString}.
   *
   * @throws IllegalArgumentException if it names none; the message says why
   */
  public static ImageName parse(String line) {
    int tab = line.indexOf('\t');
    String shard = line.substring(0, Math.max(0, tab));
    if (tab < 0 || tab == line.length() - 1 || shard.contains("/")) {
      throw new IllegalArgumentException(
          "'"
              + line
              + "' is not a shard's file name without its folder (empty for an image that is a file"
              + " of its own), a tab, and the image's name");
    }
    return new ImageName(shard, line.substring(tab + 1));
  }

  /**
   * Returns the index of each image by its name.
   *
   * @throws IllegalArgumentException if two have the same
   */
  public static Map<ImageName, Integer> index(Samples samples) {
    Map<ImageName, Integer> index = new HashMap<>();
    for (int i = 0; i < samples.size(); i++) {
      Integer other = index.put(of(samples.get(i)), i);
      if (other != null) {
        throw new IllegalArgumentException(
            samples.get(other).where()
                + " and "
                + samples.get(i).where()
                + " differ in their folder alone; shards must have names of their own");
      }
    }
    return index;
  }

  /**
   * Returns a SHA-256 that stands for a data set: of the names and sizes of its images, in whatever
   * order and folder they are.
   */
  static String digest(Samples samples) {
    List<String> lines = new ArrayList<>();
    for (Sample sample : samples.all()) {
      lines.add(of(sample) + "\t" + sample.bytes() + "\n");
    }
    lines.sort(null);
    MessageDigest sha = Fingerprints.sha256();
    lines.forEach(line -> sha.update(line.getBytes(StandardCharsets.UTF_8)));
    return HexFormat.of().formatHex(sha.digest());
  }

  /**
   * Returns a SHA-256 of pictures of a data set: of up to {@value #PICTURES} images all, of more as
   * many, spread evenly over their sorted names.
   */
  static String pictures(Samples samples) {
    List<Sample> sorted =
        samples.all().stream().sorted(Comparator.comparing(ImageName::of)).toList();
    MessageDigest sha = Fingerprints.sha256();
    long count = Math.min(PICTURES, sorted.size());
    for (long i = 0; i < count; i++) {
      String probe = ImageProbe.of(sorted.get((int) (i * sorted.size() / count)));
      sha.update((probe + "\n").getBytes(StandardCharsets.UTF_8));
    }
    return HexFormat.of().formatHex(sha.digest());
  }

  @Override
  public int compareTo(ImageName other) {
    int byShard = shard.compareTo(other.shard);
    return byShard != 0 ? byShard : name.compareTo(other.name);
  }

  /** Returns shard and name with a tab between them. */
  @Override
  public String toString() {
    return shard + "\t" + name;
  }
}
