package org.octothorpe.data.loading;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.octothorpe.data.Dataset;
import org.octothorpe.data.tags.RepeatFactor;
import org.octothorpe.random.Permutation;
import org.octothorpe.random.Philox;

/**
 * The endless order of a data set's images, epoch after epoch, each in an order of its own. A pure
 * function of seed and position, the same for any number of processes.
 *
 * <p>Without repeat factors, position p is image {@code p % size} of epoch {@code p / size}. With
 * them, each epoch has as many images as its draws give ({@link RepeatFactor}), and the position of
 * its first is the sum of the epochs before; an epoch may have none. Not shuffled, each image comes
 * once.
 */
final class EpochOrder {
  /** An epoch: its number, the positions that it has, and the images at them. */
  private record Epoch(
      long number, long first, long length, Permutation permutation, @Nullable Copies copies) {
    boolean has(long position) {
      return position >= first && position - first < length;
    }
  }

  private final Dataset data;
  private final long seed;
  private final boolean shuffle;
  private final boolean repeats;
  private final Philox random;
  private volatile Epoch latest;
  private long[] ends = new long[16]; // of the epochs known so far; guarded by this
  private int known; // guarded by this
  private @Nullable Epoch other; // the one before or after the latest; guarded by this

  EpochOrder(Dataset data, boolean shuffle, long seed) {
    this.data = data;
    this.seed = seed;
    this.shuffle = shuffle;
    this.repeats = shuffle && data.repeats();
    this.random = Philox.of(seed, "shuffle");
    if (repeats && data.repeatSum() < 1) {
      throw new IllegalArgumentException(
          "an epoch has "
              + data.repeatSum()
              + " images on average, but must have at least 1: the repeat factors are too small");
    }
    this.latest = find(0);
  }

  /**
   * Returns the image at a position, {@code ahead} places further in the same epoch, wrapping from
   * its end to its start.
   */
  int sample(long position, long ahead) {
    if (!shuffle) {
      return (int) ((position % data.size() + ahead) % data.size());
    }
    Epoch epoch = epochOf(position);
    long slot = epoch.permutation.at((position - epoch.first + ahead) % epoch.length);
    Copies copies = epoch.copies;
    return copies == null ? (int) slot : copies.image(slot);
  }

  /** Returns the number of images of the epoch that has a position. */
  long length(long position) {
    return shuffle ? epochOf(position).length : data.size();
  }

  private Epoch epochOf(long position) {
    Epoch epoch = latest;
    return epoch.has(position) ? epoch : change(position);
  }

  // Threads at an epoch's end look into two epochs by turns, so that the one before is kept.
  private synchronized Epoch change(long position) {
    Epoch epoch = latest;
    if (epoch.has(position)) {
      return epoch;
    }
    Epoch kept = other;
    other = epoch;
    latest = kept != null && kept.has(position) ? kept : find(position);
    return latest;
  }

  private Epoch find(long position) {
    if (!repeats) {
      long number = position / data.size();
      return epoch(number, number * data.size());
    }
    while (known == 0 || ends[known - 1] <= position) {
      if (known == ends.length) {
        ends = Arrays.copyOf(ends, 2 * known);
      }
      long before = known == 0 ? 0 : ends[known - 1];
      ends[known] = before + Copies.of(data, seed, known).count();
      known++;
    }
    int at = Arrays.binarySearch(ends, 0, known, position);
    int number = at >= 0 ? at + 1 : -at - 1;
    while (ends[number] == position) {
      number++; // empty epochs end where the one before does
    }
    return epoch(number, number == 0 ? 0 : ends[number - 1]);
  }

  private Epoch epoch(long number, long first) {
    Copies copies = repeats ? Copies.of(data, seed, number) : null;
    long length = copies == null ? data.size() : copies.count();
    return new Epoch(number, first, length, Permutation.of(length, random.at(number)), copies);
  }
}
