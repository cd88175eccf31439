package org.octothorpe.data.curation;

import java.io.Serializable;
import java.util.Collection;
import java.util.List;

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

  long replaced() {
    return replaced;
  }

  double expectedEpochImages() {
    return units * UNIT;
  }

  long firstEpochImages() {
    return copies;
  }

  /** Returns what became of the tags, in the order of their class ids. */
  List<CurationReport.Tag> tags(TagStatistics statistics, Resampling resampling) {
    return statistics.tags().stream()
        .map(
            tag -> {
              int id = statistics.id(tag);
              return new CurationReport.Tag(
                  tag,
                  statistics.images(id),
                  resampling.ofTag(id),
                  tagUnits[id] * UNIT,
                  tagCopies[id]);
            })
        .toList();
  }
}
