package org.octothorpe.data.tags;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.octothorpe.data.samples.SampleKey;

class RepeatFactorTest {
  @Test
  void copiesAreTheWholePartAndOneMoreAsOftenAsTheFraction() {
    for (double factor : new double[] {0, 0.3, 1, 1.73, 2.5, 40.01}) {
      int draws = 20_000;
      long sum = 0;
      for (int i = 0; i < draws; i++) {
        // Images of one epoch, and epochs of one image.
        long epoch = i % 100;
        int copies =
            RepeatFactor.ofEpoch(7, epoch).copies(factor, SampleKey.of("i" + i / 100).high());
        assertThat(copies).isBetween((int) Math.floor(factor), (int) Math.ceil(factor));
        sum += copies;
      }
      double fraction = factor - Math.floor(factor);
      // Bernoulli draws: 5 standard deviations.
      assertThat((double) sum)
          .isCloseTo(
              factor * draws, within(5 * Math.sqrt(draws * fraction * (1 - fraction)) + 1e-6));
    }
  }

  @Test
  void drawsDifferBetweenSeedsEpochsAndImages() {
    List<Integer> reference = draws(1, 0, "i");
    assertThat(draws(1, 0, "i")).isEqualTo(reference);
    assertThat(draws(2, 0, "i")).isNotEqualTo(reference);
    assertThat(draws(1, 1, "i")).isNotEqualTo(reference);
    assertThat(draws(1, 0, "j")).isNotEqualTo(reference);
  }

  private static List<Integer> draws(long seed, long epoch, String name) {
    RepeatFactor factor = RepeatFactor.ofEpoch(seed, epoch);
    return java.util.stream.IntStream.range(0, 64)
        .map(i -> factor.copies(0.5, SampleKey.of(name + i).high()))
        .boxed()
        .toList();
  }

  @Test
  void impossibleFactorsAreRefused() {
    for (double factor : new double[] {-1, Double.NaN, Double.POSITIVE_INFINITY, 1e7}) {
      assertThatThrownBy(() -> RepeatFactor.check(factor))
          .hasMessage("repeat is " + factor + ", but must be in [0, 1000000]");
    }
  }
}
