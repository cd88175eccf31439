package org.octothorpe.data.duplicates;

import java.util.Arrays;

/**
 * The k rows of largest inner product with each query; equal ones in the order of their indices.
 *
 * <p>Made by offering rows in ascending order of their indices.
 */
public final class Neighbors {
  /** The index in place of a neighbor that there is not, where there are fewer rows than k. */
  public static final int NONE = -1;

  private final int k;
  private final int[] indices;
  private final float[] scores;

  Neighbors(int queries, int k) {
    this.k = k;
    this.indices = new int[Math.multiplyExact(queries, k)];
    this.scores = new float[indices.length];
    Arrays.fill(indices, NONE);
    Arrays.fill(scores, Float.NEGATIVE_INFINITY);
  }

  /** Offers a run of rows, from index {@code first}, to a query; NaN is never a neighbor. */
  void offer(int query, int first, float[] values, int from, int count) {
    int worst = query * k + k - 1;
    float least = scores[worst];
    for (int i = 0; i < count; i++) {
      float score = values[from + i];
      if (score > least) {
        insert(query * k, worst, first + i, score);
        least = scores[worst];
      }
    }
  }

  private void insert(int best, int worst, int index, float score) {
    int at = worst;
    while (at > best && scores[at - 1] < score) {
      scores[at] = scores[at - 1];
      indices[at] = indices[at - 1];
      at--;
    }
    scores[at] = score;
    indices[at] = index;
  }

  /** Returns the number of neighbors per query. */
  public int k() {
    return k;
  }

  /** Returns the index of the {@code rank}th best row for a query, or {@link #NONE}. */
  public int index(int query, int rank) {
    return indices[query * k + rank];
  }

  /** Returns its inner product with the query. */
  public float score(int query, int rank) {
    return scores[query * k + rank];
  }

  /** Returns the share of these neighbors that {@code other} has too, in any order, in [0,1]. */
  double shareIn(Neighbors other) {
    long here = 0;
    long both = 0;
    for (int query = 0; query < indices.length / k; query++) {
      int[] others = Arrays.copyOfRange(other.indices, query * k, query * k + k);
      Arrays.sort(others);
      for (int rank = 0; rank < k; rank++) {
        if (index(query, rank) != NONE) {
          here++;
          both += Arrays.binarySearch(others, index(query, rank)) >= 0 ? 1 : 0;
        }
      }
    }
    return here == 0 ? 1 : (double) both / here;
  }
}
