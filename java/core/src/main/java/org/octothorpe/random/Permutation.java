package org.octothorpe.random;

/**
 * A pseudo-random permutation of [0, size) that maps one element at a time, in constant memory: an
 * exact global shuffle of any number of items, which may start anywhere.
 *
 * <p>A Feistel network over pairs (left, right) in [0, a) x [0, b) with a b >= size, whose outputs
 * beyond the size are mapped again until they fall below it (cycle walking); a b exceeds the size
 * by less than a factor of 1 + 2 / sqrt(size).
 *
 * @see <a href="https://doi.org/10.1007/3-540-45760-7_9">Black and Rogaway 2002, Ciphers with
 *     arbitrary finite domains</a>
 */
public final class Permutation {
  private static final int ROUNDS = 8;

  private final long size;
  private final long a;
  private final long b;
  private final long[] keys = new long[ROUNDS];

  private Permutation(long size, Philox random) {
    this.size = size;
    long root = (long) StrictMath.ceil(StrictMath.sqrt((double) size));
    this.a = Math.max(1, root);
    this.b = (size + a - 1) / a;
    for (int round = 0; round < ROUNDS; round++) {
      keys[round] = random.nextLong();
    }
  }

  /**
   * Draws a permutation.
   *
   * @param size elements, in [1, 2^52]
   * @param random where its keys come from; 8 draws
   */
  public static Permutation of(long size, Philox random) {
    if (size < 1 || size > 1L << 52) {
      throw new IllegalArgumentException(
          "permutation: size is " + size + ", but must be in [1, 2^52]");
    }
    return new Permutation(size, random);
  }

  /** Returns the number of elements. */
  public long size() {
    return size;
  }

  /** Returns the element that stands at {@code position}, in [0, size). */
  public long at(long position) {
    if (position < 0 || position >= size) {
      throw new IllegalArgumentException(
          "permutation: position is " + position + ", but must be in [0, " + size + ")");
    }
    long value = position;
    do {
      value = encrypt(value);
    } while (value >= size);
    return value;
  }

  private long encrypt(long value) {
    long left = value / b;
    long right = value % b;
    for (int round = 0; round < ROUNDS; round += 2) {
      left = (left + bounded(right, keys[round], a)) % a;
      right = (right + bounded(left, keys[round + 1], b)) % b;
    }
    return left * b + right;
  }

  // The finaliser of SplitMix64, then a multiplication that maps 64 bits to [0, bound).
  private static long bounded(long value, long key, long bound) {
    long z = value * 0x9E3779B97F4A7C15L + key;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    z ^= z >>> 31;
    return ((z >>> 32) * bound) >>> 32;
  }
}
