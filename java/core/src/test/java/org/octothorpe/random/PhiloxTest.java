package org.octothorpe.random;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Published values, uniformity and independence of {@link Philox}. */
class PhiloxTest {

  @Test
  void knownAnswersOfRandom123() {
    // philox4x32 10 rounds, from kat_vectors of the Random123 distribution.
    assertThat(Philox.block(new int[4], new int[2]))
        .containsExactly(0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8);
    assertThat(Philox.block(new int[] {-1, -1, -1, -1}, new int[] {-1, -1}))
        .containsExactly(0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd);
    assertThat(
            Philox.block(
                new int[] {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344},
                new int[] {0xa4093822, 0x299f31d0}))
        .containsExactly(0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1);
  }

  @Test
  void streamsArePureFunctionsOfSeedPurposeAndIndex() {
    Philox shuffle = Philox.of(1, "shuffle");
    shuffle.nextLong();
    assertThat(shuffle.at(7).nextLong()).isEqualTo(Philox.of(1, "shuffle").at(7).nextLong());
    Set<Long> first = new HashSet<>();
    for (long seed = 0; seed < 10; seed++) {
      for (String purpose : new String[] {"shuffle", "augment", ""}) {
        for (long index : new long[] {0, 1, 2, 1L << 32, -1}) {
          first.add(Philox.of(seed, purpose).at(index).nextLong());
        }
      }
    }
    assertThat(first).hasSize(10 * 3 * 5);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 64, 1000})
  void boundedIntsAreUniform(int bound) {
    Philox random = Philox.of(3, "test");
    int draws = 2000 * bound;
    int[] ints = new int[bound];
    int[] longs = new int[bound];
    for (int i = 0; i < draws; i++) {
      ints[random.nextInt(bound)]++;
      longs[(int) random.nextLong(bound)]++;
    }
    // Each count has mean 2000 and deviation below sqrt(2000) = 45; 6 deviations leave a chance of
    // 2e-9 a count.
    for (int value = 0; value < bound; value++) {
      assertThat(ints[value]).isBetween(2000 - 270, 2000 + 270);
      assertThat(longs[value]).isBetween(2000 - 270, 2000 + 270);
    }
  }

  @Test
  void largeBoundsHaveNoModuloBias() {
    // By a bare modulo the lower third would take 3/8 of the 32-bit draws and 1/2 of the 63-bit
    // ones, not 1/3.
    Philox random = Philox.of(4, "test");
    int low = 0;
    long longLow = 0;
    for (int i = 0; i < 90_000; i++) {
      low += random.nextInt(3 << 29) < 1 << 29 ? 1 : 0;
      longLow += random.nextLong(3L << 61) < 1L << 61 ? 1 : 0;
    }
    // Mean 30,000, deviation sqrt(90,000 * 2/9) = 141; 6 deviations.
    assertThat(low).isBetween(30_000 - 850, 30_000 + 850);
    assertThat(longLow).isBetween(30_000L - 850, 30_000L + 850);
  }

  @Test
  void floatsAndDoublesFillTheUnitInterval() {
    Philox random = Philox.of(5, "test");
    int n = 200_000;
    double sum = 0;
    double floatSum = 0;
    for (int i = 0; i < n; i++) {
      double d = random.nextDouble();
      float f = random.nextFloat();
      assertThat(d).isGreaterThanOrEqualTo(0).isLessThan(1);
      assertThat(f).isGreaterThanOrEqualTo(0).isLessThan(1);
      sum += d;
      floatSum += f;
    }
    double tolerance = 6 * Math.sqrt(1.0 / 12 / n); // 6 deviations of the mean of n uniforms
    assertThat(sum / n).isEqualTo(0.5, within(tolerance));
    assertThat(floatSum / n).isEqualTo(0.5, within(tolerance));
  }

  @Test
  void gaussiansHaveTheMomentsOfTheNormalDistribution() {
    Philox random = Philox.of(6, "test");
    int n = 200_000;
    double m1 = 0;
    double m2 = 0;
    double m3 = 0;
    double m4 = 0;
    int tail = 0;
    for (int i = 0; i < n; i++) {
      double g = random.nextGaussian();
      m1 += g / n;
      m2 += g * g / n;
      m3 += g * g * g / n;
      m4 += g * g * g * g / n;
      tail += Math.abs(g) > 3 ? 1 : 0;
    }
    // Variances of g, g^2, g^3, g^4 are 1, 2, 15, 96; 6 deviations of their means.
    assertThat(m1).isEqualTo(0, within(6 * Math.sqrt(1.0 / n)));
    assertThat(m2).isEqualTo(1, within(6 * Math.sqrt(2.0 / n)));
    assertThat(m3).isEqualTo(0, within(6 * Math.sqrt(15.0 / n)));
    assertThat(m4).isEqualTo(3, within(6 * Math.sqrt(96.0 / n)));
    assertThat(tail / (double) n).isEqualTo(0.0026998, within(6 * Math.sqrt(0.0027 / n)));
  }

  @Test
  void rangesAreChecked() {
    Philox random = Philox.of(7, "test");
    assertThatThrownBy(() -> random.nextInt(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("bound is 0");
    assertThatThrownBy(() -> random.nextLong(-5))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("-5");
    assertThatThrownBy(() -> random.nextDouble(2, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("[2.0, 1.0)");
    assertThatThrownBy(() -> random.nextDouble(Double.NaN, 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(random.nextDouble(2, 2)).isEqualTo(2);
  }
}
