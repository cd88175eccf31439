package org.octothorpe.random;

import java.nio.charset.StandardCharsets;

/**
 * A stream of random numbers by Philox4x32-10, a counter-based generator: draw {@code i} of a
 * stream is a pure function of (seed, purpose, index, i), so that work can be split among threads,
 * or resumed, without any state being kept.
 *
 * <p>A purpose such as {@code "shuffle"} or {@code "initialize layer1.0.conv2.weight"} separates
 * uses of one seed; an index separates items of one use, such as the images of an epoch. A stream
 * has 2^64 blocks of four 32-bit words. Gaussians are made with {@link StrictMath}, so all draws
 * are the same bits on every machine. Use a stream from one thread at a time.
 *
 * @see <a href="https://doi.org/10.1145/2063384.2063405">Salmon et al. 2011, Parallel random
 *     numbers: as easy as 1, 2, 3</a>
 */
public final class Philox {
  private static final int ROUNDS = 10;
  private static final long MULTIPLIER_0 = 0xD2511F53L;
  private static final long MULTIPLIER_1 = 0xCD9E8D57L;
  private static final int WEYL_0 = 0x9E3779B9;
  private static final int WEYL_1 = 0xBB67AE85;
  private static final long LOW = 0xFFFFFFFFL;

  private final long key;
  private final long index;
  private final int[] words = new int[4];
  private long block;
  private int used = 4;
  private double spareGaussian;
  private boolean hasSpareGaussian;

  private Philox(long key, long index) {
    this.key = key;
    this.index = index;
  }

  /**
   * Opens the stream of a purpose at index 0.
   *
   * @param seed the user's seed; any value
   * @param purpose what the numbers are for; streams of different purposes are unrelated
   */
  public static Philox of(long seed, String purpose) {
    long hash = 0xCBF29CE484222325L; // FNV-1a, 64 bits
    for (byte b : purpose.getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 0xFF)) * 0x100000001B3L;
    }
    int[] derived = new int[4];
    encrypt(hash, -1L, seed, derived);
    return new Philox(join(derived[0], derived[1]), 0);
  }

  /**
   * Opens the stream of the same seed and purpose for item {@code index}, at its start; this stream
   * is left as it is.
   */
  public Philox at(long index) {
    return new Philox(key, index);
  }

  /**
   * Computes one block of the generator, for tests against published values.
   *
   * @param counter 4 words, the least significant first
   * @param key 2 words, the least significant first
   * @return 4 random words
   */
  public static int[] block(int[] counter, int[] key) {
    if (counter.length != 4 || key.length != 2) {
      throw new IllegalArgumentException(
          "Philox.block: counter has "
              + counter.length
              + " words and key "
              + key.length
              + "; they must have 4 and 2");
    }
    int[] out = new int[4];
    encrypt(join(counter[0], counter[1]), join(counter[2], counter[3]), join(key[0], key[1]), out);
    return out;
  }

  /** Draws 32 random bits. */
  public int nextInt() {
    if (used == 4) {
      encrypt(block++, index, key, words);
      used = 0;
    }
    return words[used++];
  }

  /** Draws 64 random bits. */
  public long nextLong() {
    int low = nextInt();
    return join(low, nextInt());
  }

  /**
   * Draws an integer in [0, bound), each with exactly the same probability.
   *
   * @throws IllegalArgumentException if bound is not positive
   */
  public int nextInt(int bound) {
    checkBound(bound);
    // Lemire 2019: the high word of a product, redrawn where the low word would favor some values.
    long product = (nextInt() & LOW) * bound;
    if ((product & LOW) < bound) {
      long threshold = (1L << 32) % bound;
      while ((product & LOW) < threshold) {
        product = (nextInt() & LOW) * bound;
      }
    }
    return (int) (product >>> 32);
  }

  /**
   * Draws an integer in [0, bound), each with exactly the same probability.
   *
   * @throws IllegalArgumentException if bound is not positive
   */
  public long nextLong(long bound) {
    checkBound(bound);
    while (true) {
      long bits = nextLong() >>> 1;
      long value = bits % bound;
      if (bits - value + (bound - 1)
          >= 0) { // else bits is in the last, incomplete run of `bound` values
        return value;
      }
    }
  }

  /** Draws a float in [0, 1), a multiple of 2^-24. */
  public float nextFloat() {
    return (nextInt() >>> 8) * 0x1p-24f;
  }

  /** Draws a double in [0, 1), a multiple of 2^-53. */
  public double nextDouble() {
    return (nextLong() >>> 11) * 0x1p-53;
  }

  /** Draws a double in [low, high); {@code low} if both are equal. */
  public double nextDouble(double low, double high) {
    if (!(low <= high) || Double.isInfinite(high - low)) {
      throw new IllegalArgumentException(
          "Philox.nextDouble: the range is ["
              + low
              + ", "
              + high
              + "), but must be finite and ascending");
    }
    double value = low + (high - low) * nextDouble();
    return value < high ? value : low; // rounding can reach the open end
  }

  /** Draws from the normal distribution of mean 0 and deviation 1, by Box and Muller's method. */
  public double nextGaussian() {
    if (hasSpareGaussian) {
      hasSpareGaussian = false;
      return spareGaussian;
    }
    double radius = StrictMath.sqrt(-2 * StrictMath.log(1 - nextDouble())); // 1 - u is in (0, 1]
    double angle = 2 * Math.PI * nextDouble();
    spareGaussian = radius * StrictMath.sin(angle);
    hasSpareGaussian = true;
    return radius * StrictMath.cos(angle);
  }

  private static void checkBound(long bound) {
    if (bound <= 0) {
      throw new IllegalArgumentException("Philox: bound is " + bound + ", but must be positive");
    }
  }

  private static long join(int low, int high) {
    return (low & LOW) | ((long) high << 32);
  }

  private static void encrypt(long counterLow, long counterHigh, long key, int[] out) {
    int c0 = (int) counterLow;
    int c1 = (int) (counterLow >>> 32);
    int c2 = (int) counterHigh;
    int c3 = (int) (counterHigh >>> 32);
    int k0 = (int) key;
    int k1 = (int) (key >>> 32);
    for (int round = 0; round < ROUNDS; round++) {
      long product0 = MULTIPLIER_0 * (c0 & LOW);
      long product1 = MULTIPLIER_1 * (c2 & LOW);
      c0 = (int) (product1 >>> 32) ^ c1 ^ k0;
      c1 = (int) product1;
      c2 = (int) (product0 >>> 32) ^ c3 ^ k1;
      c3 = (int) product0;
      k0 += WEYL_0;
      k1 += WEYL_1;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
  }
}
