package org.octothorpe.data.duplicates;

/**
 * A hash of an image's coarse light and shade that a new JPEG quality, another size or brightness
 * hardly change: the signs of the 63 lowest frequencies of the cosine transform of its luma.
 *
 * <p>The usual hash compares with the median; signs are as even, and mirroring an image flips
 * exactly those of odd horizontal frequencies, so that one hash serves for both.
 */
final class PerceptualHash {
  private static final int FREQUENCIES = 8;
  private static final int SIZE = Fingerprints.SIZE;
  private static final double[][] COSINES = cosines();
  private static final long ODD = odd();

  private PerceptualHash() {}

  /** Returns the hash of a luma image, u8 [32,32]. */
  static long of(byte[] luma) {
    double[][] across = new double[SIZE][FREQUENCIES];
    for (int y = 0; y < SIZE; y++) {
      for (int u = 0; u < FREQUENCIES; u++) {
        double sum = 0;
        for (int x = 0; x < SIZE; x++) {
          sum += (luma[y * SIZE + x] & 255) * COSINES[u][x];
        }
        across[y][u] = sum;
      }
    }
    long hash = 0;
    for (int v = 0; v < FREQUENCIES; v++) {
      for (int u = 0; u < FREQUENCIES; u++) {
        double sum = 0;
        for (int y = 0; y < SIZE; y++) {
          sum += across[y][u] * COSINES[v][y];
        }
        if (sum > 0 && u + v > 0) { // frequency 0 is the brightness
          hash |= 1L << bit(v, u);
        }
      }
    }
    return hash;
  }

  /** Returns the hash of the mirrored image. */
  static long mirrored(long hash) {
    return hash ^ ODD;
  }

  /** Returns the number of frequencies that differ, in [0,63]. */
  static int distance(long a, long b) {
    return Long.bitCount(a ^ b);
  }

  private static int bit(int v, int u) {
    return v * FREQUENCIES + u;
  }

  private static double[][] cosines() {
    double[][] cosines = new double[FREQUENCIES][SIZE];
    for (int u = 0; u < FREQUENCIES; u++) {
      for (int x = 0; x < SIZE; x++) {
        cosines[u][x] = Math.cos(Math.PI * (x + 0.5) * u / SIZE);
      }
    }
    return cosines;
  }

  private static long odd() {
    long mask = 0;
    for (int v = 0; v < FREQUENCIES; v++) {
      for (int u = 1; u < FREQUENCIES; u += 2) {
        mask |= 1L << bit(v, u);
      }
    }
    return mask;
  }
}
