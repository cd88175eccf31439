package org.octothorpe.data.curation.select;

import java.util.Collection;

/**
 * How often an image appears in an epoch on average: as often as its rarest tag requires, r(I) =
 * max r(h).
 *
 * @see <a href="https://arxiv.org/abs/1805.00932">Mahajan et al. 2018</a>
 */
public final class Resampling {
  private final TagStatistics statistics;
  private final double[] factors;

  /**
   * Makes the factors of all tags.
   *
   * @param threshold t, in (0, 1]
   */
  public Resampling(RepeatPower sampling, double threshold, TagStatistics statistics) {
    this.statistics = statistics;
    this.factors = new double[statistics.tags().size()];
    for (int id = 0; id < factors.length; id++) {
      long images = statistics.images(id);
      factors[id] = images == 0 ? 1 : sampling.repeat(threshold, images, statistics.total());
    }
  }

  /** Returns r(h) of the tag with a class id. */
  public double ofTag(int id) {
    return factors[id];
  }

  /**
   * Returns r(I) of an image with these selected tags, at least one.
   *
   * @throws IllegalArgumentException if there is none, or one is not selected
   */
  public double ofImage(Collection<String> tags) {
    double most = 0;
    for (String tag : tags) {
      int id = statistics.id(tag);
      if (id < 0) {
        throw new IllegalArgumentException("the tag '" + tag + "' is not selected");
      }
      most = Math.max(most, factors[id]);
    }
    if (most == 0) {
      throw new IllegalArgumentException("an image without a tag has no repeat factor");
    }
    return most;
  }
}
