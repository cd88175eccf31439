package org.octothorpe.data;

import org.octothorpe.random.Permutation;
import org.octothorpe.random.Philox;

/**
 * The endless order of a data set's images: position p is image {@code p % size} of epoch {@code p
 * / size}, each epoch in an order of its own. A pure function of seed and position, the same for
 * any number of processes.
 */
final class EpochOrder {
  private record Epoch(long number, Permutation permutation) {}

  private final int size;
  private final boolean shuffle;
  private final Philox random;
  private volatile Epoch latest;

  EpochOrder(int size, boolean shuffle, long seed) {
    this.size = size;
    this.shuffle = shuffle;
    this.random = Philox.of(seed, "shuffle");
    this.latest = epoch(0);
  }

  /**
   * Returns the image that stands at a position, {@code ahead} places further in the same epoch,
   * from its end to its start.
   */
  int sample(long position, int ahead) {
    long within = (position % size + ahead) % size;
    if (!shuffle) {
      return (int) within;
    }
    long number = position / size;
    Epoch epoch =
        latest; // threads near an epoch's end may replace it by turns, which costs little and
    // changes nothing
    if (epoch.number != number) {
      epoch = epoch(number);
      latest = epoch;
    }
    return (int) epoch.permutation.at(within);
  }

  private Epoch epoch(long number) {
    return new Epoch(number, Permutation.of(size, random.at(number)));
  }
}
