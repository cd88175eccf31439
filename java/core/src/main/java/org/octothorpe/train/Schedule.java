package org.octothorpe.train;

/**
 * The learning rate as a function of the images processed: a linear warm-up, then a decay.
 *
 * @param peak the rate after the warm-up; finite, &gt; 0
 * @param warmupStart the rate at image 0
 * @param warmupImages length of the warm-up; 0 for none
 * @param decay how the rate falls afterwards
 * @param steps how often {@link Decay#HALVING} or {@link Decay#STEP} reduce it; the command line
 *     takes 10 and 3
 * @param totalImages length of the training
 */
public record Schedule(
    double peak, double warmupStart, long warmupImages, Decay decay, int steps, long totalImages) {
  /** How the rate falls after the warm-up. */
  public enum Decay {
    /** Stays at the peak. */
    CONSTANT,
    /** Halved {@code steps} times at equal distances. */
    HALVING,
    /** Divided by ten {@code steps} times at equal distances. */
    STEP,
    /** Cosine decay from the peak to 0 (half a period). */
    COSINE
  }

  /** Checks the values. */
  public Schedule {
    if (!(peak > 0 && Double.isFinite(peak))) {
      throw new IllegalArgumentException(
          "learning rate is " + peak + ", but must be finite and > 0");
    }
    if (!(warmupStart >= 0 && Double.isFinite(warmupStart))) {
      throw new IllegalArgumentException(
          "warm-up start is " + warmupStart + ", but must be finite and >= 0");
    }
    if (totalImages < 1) {
      throw new IllegalArgumentException("images is " + totalImages + ", but must be >= 1");
    }
    if (warmupImages < 0 || warmupImages > totalImages) {
      throw new IllegalArgumentException(
          "warm-up is "
              + warmupImages
              + " images, but must be in [0,"
              + totalImages
              + "], the length of the training");
    }
    if (steps < 1) {
      throw new IllegalArgumentException("decay steps is " + steps + ", but must be >= 1");
    }
  }

  /**
   * Returns a warm-up from 0 and half a cosine down to 0.
   *
   * @param peak the rate after the warm-up
   * @param warmupImages length of the warm-up
   * @param totalImages length of the training
   */
  public static Schedule cosine(double peak, long warmupImages, long totalImages) {
    return new Schedule(peak, 0, warmupImages, Decay.COSINE, 1, totalImages);
  }

  /**
   * Returns a warm-up from 0 and then equal stretches, each at half the rate of the one before.
   *
   * @param peak the rate after the warm-up
   * @param warmupImages length of the warm-up
   * @param halvings how often the rate is halved
   * @param totalImages length of the training
   */
  public static Schedule halving(double peak, long warmupImages, int halvings, long totalImages) {
    return new Schedule(peak, 0, warmupImages, Decay.HALVING, halvings, totalImages);
  }

  /**
   * Returns the rate of the linear scaling rule: {@code base} for 256 images, in proportion for
   * other minibatches.
   */
  public static double scaled(double base, long minibatch) {
    return base * minibatch / 256.0;
  }

  /**
   * Returns this schedule for steps of {@code batch} images: the first step has the rate that the
   * warm-up reaches after it, not the one before it, which is usually 0 and learns nothing. Step i
   * of a warm-up of w steps from 0 has (i + 1) / w of the peak.
   */
  public Schedule inStepsOf(long batch) {
    if (batch < 1) {
      throw new IllegalArgumentException("batch is " + batch + ", but must be >= 1");
    }
    if (warmupImages <= batch) {
      return new Schedule(peak, peak, 0, decay, steps, totalImages);
    }
    double first = warmupStart + (peak - warmupStart) * batch / warmupImages;
    return new Schedule(peak, first, warmupImages - batch, decay, steps, totalImages);
  }

  /** Returns the learning rate of a step that begins after {@code images} images. */
  public double at(long images) {
    if (images < warmupImages) {
      return warmupStart + (peak - warmupStart) * images / warmupImages;
    }
    double progress =
        Math.min(1, (double) (images - warmupImages) / Math.max(1, totalImages - warmupImages));
    int taken = (int) Math.min(steps, Math.floor(progress * (steps + 1)));
    return switch (decay) {
      case CONSTANT -> peak;
      case HALVING -> peak * Math.pow(0.5, taken);
      case STEP -> peak * Math.pow(0.1, taken);
      case COSINE -> peak * 0.5 * (1 + StrictMath.cos(Math.PI * progress));
    };
  }
}
