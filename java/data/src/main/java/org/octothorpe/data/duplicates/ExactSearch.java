package org.octothorpe.data.duplicates;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.octothorpe.Call;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Pass;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.ops.Kernels;
import org.octothorpe.ops.LinearProblem;

/**
 * The search that compares every query with every row: matrix products of blocks on a device, each
 * block's best kept on the host.
 *
 * <p>The products are this library's own, bitwise equal for any number of threads. Picking the best
 * takes no kernel: a product costs 2 D operations, keeping it one comparison.
 */
final class ExactSearch implements NeighborSearch {
  private static final int BLOCK_QUERIES = 256;
  private static final int BLOCK_ROWS = 4096;

  private final Device device;
  private final float[][] rows;

  /** Makes a search over rows [rows, D], of which there is at least one. */
  ExactSearch(Device device, float[][] rows) {
    this.device = device;
    this.rows = rows;
  }

  @Override
  public Neighbors nearest(float[][] queries, int k) {
    Neighbors best = new Neighbors(queries.length, k);
    int width = rows[0].length;
    int queryBlock = Math.min(BLOCK_QUERIES, queries.length);
    int rowBlock = Math.min(BLOCK_ROWS, rows.length);
    if (queryBlock == 0) {
      return best;
    }
    try (Tensor x = device.allocate(DType.F32, Shape.of(queryBlock, width));
        Tensor weight = device.allocate(DType.F32, Shape.of(rowBlock, width));
        Tensor y = device.allocate(DType.F32, Shape.of(queryBlock, rowBlock));
        Call multiply = Kernels.own().linear(new LinearProblem(Pass.FORWARD, x, weight, null, y))) {
      float[] packed = new float[Math.multiplyExact(rowBlock, width)];
      float[] packedQueries = new float[Math.multiplyExact(queryBlock, width)];
      for (int row = 0; row < rows.length; row += rowBlock) {
        int first = row;
        int count = pack(rows, row, packed, width);
        weight.copyFrom(packed);
        for (int query = 0; query < queries.length; query += queryBlock) {
          int from = query;
          int asked = pack(queries, query, packedQueries, width);
          x.copyFrom(packedQueries);
          multiply.run();
          float[] scores = y.toFloats();
          IntStream.range(0, asked)
              .parallel()
              .forEach(q -> best.offer(from + q, first, scores, q * rowBlock, count));
        }
      }
    }
    return best;
  }

  /** Copies rows into a block, zeros after the last, and returns how many there were. */
  private static int pack(float[][] from, int first, float[] block, int width) {
    int count = Math.min(block.length / width, from.length - first);
    for (int i = 0; i < count; i++) {
      if (from[first + i].length != width) {
        throw new IllegalArgumentException(
            "row "
                + (first + i)
                + " has "
                + from[first + i].length
                + " values, but must have "
                + width);
      }
      System.arraycopy(from[first + i], 0, block, i * width, width);
    }
    Arrays.fill(block, count * width, block.length, 0);
    return count;
  }
}
