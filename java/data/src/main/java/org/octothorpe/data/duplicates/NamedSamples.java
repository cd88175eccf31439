package org.octothorpe.data.duplicates;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.octothorpe.data.Samples;
import org.octothorpe.data.machine.Sha256;
import org.octothorpe.data.samples.Sample;
import org.octothorpe.data.samples.SampleName;
import org.octothorpe.data.samples.SampleProbe;

/** A data set by the names of its images, wherever its folder lies. */
public final class NamedSamples {
  private static final int PICTURES = 512;

  private NamedSamples() {}

  /**
   * Returns the index of each image by its name.
   *
   * @throws IllegalArgumentException if two have the same
   */
  public static Map<SampleName, Integer> index(Samples samples) {
    Map<SampleName, Integer> index = new HashMap<>();
    for (int i = 0; i < samples.size(); i++) {
      Integer other = index.put(SampleName.of(samples.get(i)), i);
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
   * Returns a SHA-256 that identifies a data set: of the names and sizes of its images, in whatever
   * order and folder they are.
   */
  public static String digest(Samples samples) {
    List<String> lines = new ArrayList<>();
    for (Sample sample : samples.all()) {
      lines.add(SampleName.of(sample) + "\t" + sample.bytes() + "\n");
    }
    lines.sort(null);
    MessageDigest sha = Sha256.digest();
    lines.forEach(line -> sha.update(line.getBytes(StandardCharsets.UTF_8)));
    return HexFormat.of().formatHex(sha.digest());
  }

  /**
   * Returns a SHA-256 of pictures of a data set: of up to {@value #PICTURES} images all, of more as
   * many, spread evenly over their sorted names.
   */
  public static String pictures(Samples samples) {
    List<Sample> sorted =
        samples.all().stream().sorted(Comparator.comparing(SampleName::of)).toList();
    MessageDigest sha = Sha256.digest();
    long count = Math.min(PICTURES, sorted.size());
    for (long i = 0; i < count; i++) {
      String probe = SampleProbe.of(sorted.get((int) (i * sorted.size() / count)));
      sha.update((probe + "\n").getBytes(StandardCharsets.UTF_8));
    }
    return HexFormat.of().formatHex(sha.digest());
  }
}
