package org.octothorpe.data.tags;

import org.octothorpe.random.Philox;

/**
 * How often an image appears in an epoch: r times on average, the whole part of r always and one
 * more time with the probability of its fraction, drawn again in each epoch.
 */
public final class RepeatFactor {
  /** The most times that an image may appear in an epoch on average. */
  public static final double MAX = 1e6;

  private final Philox draws;

  private RepeatFactor(Philox draws) {
    this.draws = draws;
  }

  /** Opens the draws of an epoch. */
  public static RepeatFactor ofEpoch(long seed, long epoch) {
    // A purpose an epoch leaves the whole index to the image's key.
    return new RepeatFactor(Philox.of(seed, "repeat in epoch " + epoch));
  }

  /**
   * Returns how often an image appears in the epoch; a pure function of seed, epoch, key and
   * factor.
   *
   * @param factor r, in [0, {@link #MAX}]
   * @param key the {@code SampleKey.high} of the image
   */
  public int copies(double factor, long key) {
    check(factor);
    int whole = (int) factor;
    double fraction = factor - whole;
    return fraction > 0 && draws.at(key).nextDouble() < fraction ? whole + 1 : whole;
  }

  /**
   * Checks that a factor is possible.
   *
   * @throws IllegalArgumentException if not
   */
  public static void check(double factor) {
    if (!(factor >= 0 && factor <= MAX)) {
      throw new IllegalArgumentException(
          "repeat is " + factor + ", but must be in [0, " + (long) MAX + "]");
    }
  }
}
