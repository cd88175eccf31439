package org.octothorpe.random;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@link Permutation} is one-to-one and looks uniform. */
class PermutationTest {

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 7, 16, 17, 101, 1000, 12_000, 65_537})
  void everyElementComesOnce(long size) {
    for (int epoch = 0; epoch < 3; epoch++) {
      Permutation permutation = Permutation.of(size, Philox.of(1, "shuffle").at(epoch));
      BitSet seen = new BitSet();
      for (long i = 0; i < size; i++) {
        long value = permutation.at(i);
        assertThat(value).isBetween(0L, size - 1);
        seen.set((int) value);
      }
      assertThat(seen.cardinality()).isEqualTo((int) size);
    }
  }

  @Test
  void largeSizesStayInRange() {
    for (long size : new long[] {Integer.MAX_VALUE, 3_500_000_000L, (1L << 52) - 1, 1L << 52}) {
      Permutation permutation = Permutation.of(size, Philox.of(1, "shuffle"));
      long above = 0;
      for (int i = 0; i < 4000; i++) {
        long value = permutation.at(i);
        assertThat(value).isBetween(0L, size - 1);
        above += value >= size / 2 ? 1 : 0;
      }
      assertThat(above).isBetween(2000L - 190, 2000L + 190); // 6 deviations of sqrt(4000 / 4) = 32
    }
  }

  @Test
  void allOrdersOfFourComeUpEquallyOften() {
    int trials = 24_000;
    Map<String, Integer> counts = new HashMap<>();
    for (int trial = 0; trial < trials; trial++) {
      Permutation permutation = Permutation.of(4, Philox.of(2, "shuffle").at(trial));
      String order =
          "" + permutation.at(0) + permutation.at(1) + permutation.at(2) + permutation.at(3);
      counts.merge(order, 1, Integer::sum);
    }
    assertThat(counts).hasSize(24);
    // Mean 1000, deviation 31; 6 deviations, and as much again for the network, which is close to
    // uniform but not exactly.
    assertThat(counts.values())
        .allSatisfy(count -> assertThat(count).isBetween(1000 - 380, 1000 + 380));
  }

  @Test
  void positionsAndNeighborsAreIndependent() {
    int size = 1000;
    int trials = 2000;
    double sumFirst = 0;
    int successors = 0;
    for (int trial = 0; trial < trials; trial++) {
      Permutation permutation = Permutation.of(size, Philox.of(3, "shuffle").at(trial));
      sumFirst += permutation.at(0);
      for (int i = 1; i < size; i++) {
        successors += permutation.at(i) == permutation.at(i - 1) + 1 ? 1 : 0;
      }
    }
    // The first element: mean 499.5, deviation 288.7 / sqrt(2000) = 6.5. Successors: Poisson of
    // mean about 1 a permutation.
    assertThat(sumFirst / trials).isBetween(499.5 - 39, 499.5 + 39);
    assertThat(successors)
        .isBetween((int) (trials - 6 * Math.sqrt(trials)), (int) (trials + 6 * Math.sqrt(trials)));
  }

  @Test
  void rangesAreChecked() {
    Philox random = Philox.of(1, "shuffle");
    assertThatThrownBy(() -> Permutation.of(0, random)).hasMessageContaining("size is 0");
    assertThatThrownBy(() -> Permutation.of(5, random).at(5)).hasMessageContaining("position is 5");
    assertThatThrownBy(() -> Permutation.of(5, random).at(-1))
        .hasMessageContaining("position is -1");
  }
}
