package org.octothorpe.data.samples;

import java.io.Serializable;
import org.octothorpe.data.files.MemberName;

/**
 * An image as files name it: its shard, without the folder that it lies in, and its name there.
 * Neither holds a tab or a line break, which names have as {@code \\x09} and {@code \\x0A}.
 *
 * @param shard the shard's file name; empty for an image that is a file of its own
 * @param name the member of the shard, or the path in the folder
 */
public record SampleName(String shard, String name)
    implements Comparable<SampleName>, Serializable {
  /** Returns the name of an image. */
  public static SampleName of(Sample sample) {
    return new SampleName(sample.ownsFile() ? "" : MemberName.ofFile(sample.file()), sample.name());
  }

  /**
   * Returns the image that a line of a drop list names, the reverse of {@link #toString}.
   *
   * @throws IllegalArgumentException if it names none; the message says why
   */
  public static SampleName parse(String line) {
    int tab = line.indexOf('\t');
    String shard = line.substring(0, Math.max(0, tab));
    if (tab < 0 || tab == line.length() - 1 || shard.contains("/")) {
      throw new IllegalArgumentException(
          "'"
              + line
              + "' is not a shard's file name without its folder (empty for an image that is a file"
              + " of its own), a tab, and the image's name");
    }
    return new SampleName(shard, line.substring(tab + 1));
  }

  @Override
  public int compareTo(SampleName other) {
    int byShard = shard.compareTo(other.shard);
    return byShard != 0 ? byShard : name.compareTo(other.name);
  }

  /** Returns shard and name with a tab between them. */
  @Override
  public String toString() {
    return shard + "\t" + name;
  }
}
