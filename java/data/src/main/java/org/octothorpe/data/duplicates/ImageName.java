package org.octothorpe.data.duplicates;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.octothorpe.data.Sample;
import org.octothorpe.data.Samples;

/**
 * An image as files name it: its shard, without the folder that it lies in, and its name there.
 *
 * @param shard the shard's file name; empty for an image that is a file of its own
 * @param name the member of the shard, or the path in the folder
 */
public record ImageName(String shard, String name) implements Comparable<ImageName> {
  /** Returns the name of an image. */
  public static ImageName of(Sample sample) {
    boolean own = sample.file().endsWith(sample.name());
    return new ImageName(own ? "" : String.valueOf(sample.file().getFileName()), sample.name());
  }

  /**
   * Returns the index of each image by its name.
   *
   * @throws IllegalArgumentException if two have the same
   */
  static Map<ImageName, Integer> index(Samples samples) {
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
