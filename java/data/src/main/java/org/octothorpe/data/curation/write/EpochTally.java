package org.octothorpe.data.curation.write;

import java.io.Serializable;
import java.util.Collection;
import org.octothorpe.data.curation.select.TagStatistics;

/**
 * How often images and tags appear in an epoch: on average, and in the first epoch of a seed. Sums
 * of repeat factors are whole multiples of 2^-20, so that no order of adding changes them.
 */
public final class EpochTally implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final double UNIT = 0x1p-20;

  private final long[] tagUnits;
  private final long[] tagCopies;
  private long units;
  private long copies;
  private long replaced;

  /** Starts at 0 for a vocabulary of {@code tags} tags. */
  public EpochTally(int tags) {
    tagUnits = new long[tags];
    tagCopies = new long[tags];
  }

  /** Adds an image: its tags, its repeat factor, its copies in the first epoch. */
  void add(Collection<String> tags, TagStatistics statistics, double repeat, int inEpoch) {
    long share = Math.round(repeat / UNIT);
    units += share;
    copies += inEpoch;
    for (String tag : tags) {
      int id = statistics.id(tag);
      tagUnits[id] += share;
      tagCopies[id] += inEpoch;
    }
  }

  /** Counts a tag that noise has replaced. */
  void replace() {
    replaced++;
  }

  /** Adds another's counts. */
  public void add(EpochTally other) {
    units += other.units;
    copies += other.copies;
    replaced += other.replaced;
    for (int id = 0; id < tagUnits.length; id++) {
      tagUnits[id] += other.tagUnits[id];
      tagCopies[id] += other.tagCopies[id];
    }
  }

  /** Returns the number of tags that noise has replaced. */
  public long replaced() {
    return replaced;
  }

  /** Returns the number of images of an epoch, on average. */
  public double expectedEpochImages() {
    return units * UNIT;
  }

  /** Returns the number of images of the first epoch. */
  public long firstEpochImages() {
    return copies;
  }

  /** Returns how many images of an epoch carry the tag of a class id, on average. */
  public double expectedImages(int id) {
    return tagUnits[id] * UNIT;
  }

  /** Returns how many images of the first epoch carry the tag of a class id. */
  public long firstEpochImages(int id) {
    return tagCopies[id];
  }
}
