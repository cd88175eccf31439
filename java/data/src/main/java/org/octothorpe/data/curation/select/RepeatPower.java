package org.octothorpe.data.curation.select;

/** How strongly images of rare tags are repeated: phi of r(h) = max(1, phi(t / f(h))). */
public enum RepeatPower {
  /** Every image once: phi(x) = 1. */
  NATURAL {
    @Override
    double phi(double ratio) {
      return 1;
    }
  },
  /** The paper's choice: phi is the square root. */
  SQRT {
    @Override
    double phi(double ratio) {
      return Math.sqrt(ratio); // IEEE 754: the same bits on every machine
    }
  },
  /** Rare tags become as frequent as t: phi is the identity. */
  UNIFORM {
    @Override
    double phi(double ratio) {
      return ratio;
    }
  };

  /** The default of t, the frequency below which a tag is rare. Unverified: the paper is silent. */
  public static final double DEFAULT_THRESHOLD = 0.001;

  abstract double phi(double ratio);

  /**
   * Returns the repeat factor of a tag.
   *
   * @param threshold t, in (0, 1]
   * @param images images that carry the tag, >= 1
   * @param total images of the set, at least as many
   */
  public double repeat(double threshold, long images, long total) {
    if (!(threshold > 0 && threshold <= 1)) {
      throw new IllegalArgumentException("t is " + threshold + ", but must be in (0, 1]");
    }
    if (images < 1 || images > total) {
      throw new IllegalArgumentException(
          "a tag is on " + images + " images of " + total + ", but must be on [1, total]");
    }
    return Math.max(1, phi(threshold * total / images));
  }
}
