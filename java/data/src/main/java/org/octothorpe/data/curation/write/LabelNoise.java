package org.octothorpe.data.curation.write;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.octothorpe.data.curation.select.TagStatistics;
import org.octothorpe.data.samples.SampleKey;
import org.octothorpe.random.Philox;

/**
 * Label noise on purpose: a share of the tags is replaced by draws from the marginal distribution
 * of the selected tags, the replaced tag excluded.
 *
 * <p>Draws are a pure function of (seed, image id, place of the tag), so that neither order nor
 * partitions change them.
 */
public final class LabelNoise {
  private static final String PURPOSE = "label noise of tag ";
  private static final int PREPARED = 64; // tags of an image; more are rare and cost a little more

  private final double share;
  private final long seed;
  private final TagStatistics statistics;
  private final long[] ends; // ends[i]: occurrences of tags 0 to i
  private final Philox[] streams = new Philox[PREPARED];

  /**
   * Makes noise.
   *
   * @param share of the tags that are replaced, in [0, 1]
   */
  public LabelNoise(double share, long seed, TagStatistics statistics) {
    if (!(share >= 0 && share <= 1)) {
      throw new IllegalArgumentException("noise is " + share + ", but must be in [0, 1]");
    }
    this.share = share;
    this.seed = seed;
    this.statistics = statistics;
    this.ends = new long[statistics.tags().size()];
    long sum = 0;
    for (int id = 0; id < ends.length; id++) {
      sum += statistics.images(id);
      ends[id] = sum;
    }
    for (int place = 0; place < PREPARED; place++) {
      streams[place] = Philox.of(seed, PURPOSE + place);
    }
  }

  /**
   * Returns the tags with noise, one for each, in their places; a draw may be a tag that the image
   * carries already. The only tag of a vocabulary stays.
   *
   * @param tags selected tags, each once
   */
  public List<String> apply(SampleKey image, List<String> tags) {
    if (share == 0) {
      return tags;
    }
    List<String> noisy = new ArrayList<>(tags.size());
    for (int place = 0; place < tags.size(); place++) {
      Philox stream = place < PREPARED ? streams[place] : Philox.of(seed, PURPOSE + place);
      Philox random = stream.at(image.high());
      String tag = tags.get(place);
      noisy.add(random.nextDouble() < share ? other(tag, random) : tag);
    }
    return noisy;
  }

  private String other(String tag, Philox random) {
    int id = statistics.id(tag);
    if (id < 0) {
      throw new IllegalArgumentException("the tag '" + tag + "' is not selected");
    }
    long own = statistics.images(id);
    long start = ends[id] - own;
    long others = ends[ends.length - 1] - own;
    if (others == 0) {
      return tag;
    }
    // An occurrence of another tag: those of the replaced tag are cut out of the range.
    long draw = random.nextLong(others);
    long occurrence = draw < start ? draw : draw + own;
    int found = Arrays.binarySearch(ends, occurrence + 1);
    int drawn = found >= 0 ? found : -found - 1;
    while (drawn > 0 && ends[drawn - 1] == ends[drawn]) {
      drawn--; // tags without any image end where the one before does
    }
    return statistics.tags().get(drawn);
  }
}
