package org.octothorpe.data.duplicates;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.octothorpe.Device;
import org.octothorpe.DeviceOptions;
import org.octothorpe.random.Philox;

/** The nearest rows by inner product, against products in double precision. */
class NeighborSearchTest {
  private static float[][] rows(int count, int width, String what) {
    Philox random = Philox.of(5, what);
    float[][] rows = new float[count][width];
    for (float[] row : rows) {
      double squares = 0;
      for (int i = 0; i < width; i++) {
        row[i] = (float) random.nextGaussian();
        squares += row[i] * row[i];
      }
      for (int i = 0; i < width; i++) {
        row[i] /= (float) Math.sqrt(squares);
      }
    }
    return rows;
  }

  private static double product(float[] a, float[] b) {
    return IntStream.range(0, a.length).mapToDouble(i -> (double) a[i] * b[i]).sum();
  }

  /** Blocks of 256 queries and 4,096 rows: sizes around and across them. */
  @ParameterizedTest
  @CsvSource({"1,1,1,1", "3,5,7,7", "257,97,16,5", "5,4097,64,21", "300,8300,33,21"})
  void theNearestAreThoseOfAnOracle(int queries, int count, int width, int k) {
    float[][] rows = rows(count, width, "rows");
    float[][] asked = rows(queries, width, "queries");
    // Sums of `width` products of numbers whose squares sum to 1: each rounds to 2^-24 of at most
    // 1.
    double tolerance = width * Math.scalb(1.0, -23);
    try (Device device = Device.open("cpu")) {
      Neighbors found = new ExactSearch(device, rows).nearest(asked, k);
      for (int q = 0; q < queries; q += Math.max(1, queries / 7)) {
        float[] query = asked[q];
        double[] exact = Arrays.stream(rows).mapToDouble(row -> product(query, row)).toArray();
        Integer[] order = IntStream.range(0, count).boxed().toArray(Integer[]::new);
        Arrays.sort(order, Comparator.comparingDouble((Integer i) -> -exact[i]));
        for (int rank = 0; rank < k; rank++) {
          if (rank >= count) {
            assertThat(found.index(q, rank)).isEqualTo(Neighbors.NONE);
            continue;
          }
          // Which row stands here may differ from the oracle where two are as near as rounding.
          assertThat((double) found.score(q, rank))
              .isCloseTo(exact[order[rank]], within(tolerance));
          assertThat(exact[found.index(q, rank)]).isCloseTo(exact[order[rank]], within(tolerance));
        }
        int at = q;
        assertThat(IntStream.range(0, Math.min(k, count)).map(r -> found.index(at, r)).distinct())
            .hasSize(Math.min(k, count));
      }
    }
  }

  @Test
  void equalRowsStandInTheOrderOfTheirIndices() {
    float[][] rows = new float[9000][];
    Arrays.setAll(rows, i -> new float[] {i % 3 == 1 ? 2 : 1, 0.5f});
    try (Device device = Device.open("cpu")) {
      Neighbors found = new ExactSearch(device, rows).nearest(new float[][] {{1, 0}}, 4000);
      int[] expected =
          IntStream.concat(
                  IntStream.range(0, 9000).filter(i -> i % 3 == 1),
                  IntStream.range(0, 9000).filter(i -> i % 3 != 1))
              .limit(4000)
              .toArray();
      assertThat(IntStream.range(0, 4000).map(r -> found.index(0, r)).toArray())
          .isEqualTo(expected);
    }
  }

  @Test
  void theBitsDoNotDependOnTheThreads() {
    float[][] rows = rows(5000, 192, "rows");
    float[][] queries = rows(300, 192, "queries");
    int[][] bits = new int[3][];
    for (int threads = 1; threads <= 3; threads++) {
      try (Device device = Device.open("cpu", new DeviceOptions(threads, false))) {
        Neighbors found = new ExactSearch(device, rows).nearest(queries, 21);
        bits[threads - 1] =
            IntStream.range(0, 300 * 21)
                .map(
                    i ->
                        31 * found.index(i / 21, i % 21)
                            + Float.floatToIntBits(found.score(i / 21, i % 21)))
                .toArray();
      }
    }
    assertThat(bits[1]).isEqualTo(bits[0]);
    assertThat(bits[2]).isEqualTo(bits[0]);
  }

  @Test
  void notANumberIsNotANeighbor() {
    float[][] rows = {{Float.NaN}, {1}, {Float.NaN}};
    try (Device device = Device.open("cpu")) {
      Neighbors found = new ExactSearch(device, rows).nearest(new float[][] {{1}}, 2);
      assertThat(found.index(0, 0)).isEqualTo(1);
      assertThat(found.index(0, 1)).isEqualTo(Neighbors.NONE);
    }
  }

  @Test
  void rowsOfAnotherWidthAreRefused() {
    try (Device device = Device.open("cpu")) {
      ExactSearch search = new ExactSearch(device, new float[][] {{1, 2}, {3}});
      assertThatThrownBy(() -> search.nearest(new float[][] {{1, 2}}, 1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("row 1 has 1 values, but must have 2");
    }
  }

  @Test
  void theGraphFindsAlmostAll() {
    float[][] rows = rows(3000, 32, "rows");
    float[][] queries = rows(100, 32, "queries");
    try (Device device = Device.open("cpu")) {
      Neighbors exact = new ExactSearch(device, rows).nearest(queries, 21);
      Neighbors graph = new GraphSearch(rows).nearest(queries, 21);
      assertThat(exact.shareIn(exact)).isEqualTo(1);
      assertThat(exact.shareIn(graph)).isGreaterThan(0.95);
      assertThat(graph.score(0, 0)).isGreaterThanOrEqualTo(graph.score(0, 1));
    }
  }
}
