package org.octothorpe.data.duplicates;

/** A search for the rows of a matrix that have the largest inner products with queries. */
interface NeighborSearch {
  /**
   * Finds the k best rows for each query.
   *
   * @param queries [queries, D]
   * @param k at least 1
   */
  Neighbors nearest(float[][] queries, int k);
}
