package org.octothorpe.data.curation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.octothorpe.data.curation.rules.TagSelection;
import org.octothorpe.data.curation.rules.Treatment;
import org.octothorpe.data.curation.select.RepeatPower;
import org.octothorpe.data.curation.select.Resampling;
import org.octothorpe.data.curation.select.TagStatistics;
import org.octothorpe.data.curation.spill.TagCount;
import org.octothorpe.data.curation.write.LabelNoise;
import org.octothorpe.data.samples.SampleKey;

/** The rules of curation, each a pure function. */
class RulesTest {
  private static final Map<String, Long> COUNTS = Map.of("dog", 600L, "cat", 300L, "emu", 100L);
  private static final TagStatistics STATISTICS =
      new TagStatistics(List.of("dog", "cat", "emu"), COUNTS, 800);

  private static Treatment treat(String tag) {
    return new Treatment(tag, tag.startsWith("no") ? null : tag.replaceAll("s$", ""), "a rule");
  }

  @Test
  void selectionKeepsCanonicalTagsOnceInTheirOrder() {
    TagSelection selection = new TagSelection(RulesTest::treat, STATISTICS.tags());
    assertThat(selection.select(List.of("nofilter", "cats", "dog", "cat", "dogs", "yak")))
        .containsExactly("cat", "dog");
    assertThat(selection.select(List.of("nofilter", "yak"))).isEmpty();
  }

  @Test
  void repeatFactorsAreThoseOfThePaper() {
    // t / f = 0.01 / 0.0001 = 100
    assertThat(RepeatPower.SQRT.repeat(0.01, 1, 10_000)).isEqualTo(10);
    assertThat(RepeatPower.UNIFORM.repeat(0.01, 1, 10_000)).isEqualTo(100);
    assertThat(RepeatPower.NATURAL.repeat(0.01, 1, 10_000)).isEqualTo(1);
    for (RepeatPower sampling : RepeatPower.values()) {
      assertThat(sampling.repeat(0.01, 5_000, 10_000)).isEqualTo(1); // never below 1
    }
    assertThatThrownBy(() -> RepeatPower.SQRT.repeat(0, 1, 2)).hasMessageContaining("t is 0.0");
    assertThatThrownBy(() -> RepeatPower.SQRT.repeat(0.1, 3, 2))
        .hasMessageContaining("3 images of 2");
  }

  @Test
  void anImageIsRepeatedAsItsRarestTagWants() {
    Resampling resampling = new Resampling(RepeatPower.UNIFORM, 0.5, STATISTICS);
    assertThat(resampling.ofImage(List.of("dog"))).isEqualTo(1); // f = 0.75
    assertThat(resampling.ofImage(List.of("emu", "dog"))).isEqualTo(4); // 0.5 / 0.125
    assertThat(resampling.ofImage(List.of("dog", "emu", "cat"))).isEqualTo(4);
    assertThatThrownBy(() -> resampling.ofImage(List.of("yak"))).hasMessageContaining("'yak'");
    assertThatThrownBy(() -> resampling.ofImage(List.of())).hasMessageContaining("without a tag");
  }

  @Test
  void noiseReplacesItsShareByTheMarginalWithoutTheReplacedTag() {
    int images = 20_000;
    double share = 0.25;
    LabelNoise noise = new LabelNoise(share, 3, STATISTICS);
    int replaced = 0;
    Map<String, Integer> drawn = new HashMap<>();
    for (int i = 0; i < images; i++) {
      List<String> noisy = noise.apply(SampleKey.of("image " + i), List.of("cat", "dog"));
      assertThat(noisy).hasSize(2);
      if (!noisy.get(0).equals("cat")) {
        replaced++;
        drawn.merge(noisy.get(0), 1, Integer::sum);
      }
    }
    // Binomial: 5 standard deviations, sqrt(n p (1 - p)), are left in 6 runs of 10 million.
    assertThat((double) replaced)
        .isCloseTo(images * share, within(5 * Math.sqrt(images * share * (1 - share))));
    // Without cat, 600 of 700 occurrences are dog.
    double dogs = 6.0 / 7;
    assertThat((double) drawn.getOrDefault("dog", 0))
        .isCloseTo(replaced * dogs, within(5 * Math.sqrt(replaced * dogs * (1 - dogs))));
    assertThat(drawn.keySet()).containsExactlyInAnyOrder("dog", "emu");
  }

  @Test
  void noiseOfAllTagsNeverKeepsOne() {
    LabelNoise noise = new LabelNoise(1, 1, STATISTICS);
    for (int i = 0; i < 2_000; i++) {
      List<String> noisy = noise.apply(SampleKey.of("i" + i), STATISTICS.tags());
      for (int k = 0; k < noisy.size(); k++) {
        assertThat(noisy.get(k)).isNotEqualTo(STATISTICS.tags().get(k));
      }
    }
  }

  @Test
  void noiseDependsOnSeedImageAndPlaceAlone() {
    LabelNoise noise = new LabelNoise(0.5, 1, STATISTICS);
    List<String> many = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      many.add(STATISTICS.tags().get(i % 3)); // beyond the prepared streams too
    }
    List<String> whole = noise.apply(SampleKey.of("x"), many);
    assertThat(new LabelNoise(0.5, 1, STATISTICS).apply(SampleKey.of("x"), many)).isEqualTo(whole);
    assertThat(noise.apply(SampleKey.of("x"), many.subList(0, 7))).isEqualTo(whole.subList(0, 7));
    assertThat(noise.apply(SampleKey.of("y"), many)).isNotEqualTo(whole);
    assertThat(new LabelNoise(0.5, 2, STATISTICS).apply(SampleKey.of("x"), many))
        .isNotEqualTo(whole);
  }

  @Test
  void noiseNeverDrawsATagWithoutImagesAndKeepsAnOnlyOne() {
    TagStatistics some =
        new TagStatistics(List.of("none", "a", "nil", "b", "zero"), Map.of("a", 5L, "b", 5L), 10);
    LabelNoise noise = new LabelNoise(1, 1, some);
    for (int i = 0; i < 200; i++) {
      assertThat(noise.apply(SampleKey.of("i" + i), List.of("a", "b"))).containsExactly("b", "a");
    }
    LabelNoise only = new LabelNoise(1, 1, new TagStatistics(List.of("a"), Map.of("a", 5L), 5));
    assertThat(only.apply(SampleKey.of("i"), List.of("a"))).containsExactly("a");
  }

  @Test
  void impossibleSharesAreRefused() {
    assertThatThrownBy(() -> new LabelNoise(1.5, 1, STATISTICS)).hasMessageContaining("1.5");
    assertThatThrownBy(() -> new LabelNoise(Double.NaN, 1, STATISTICS)).hasMessageContaining("NaN");
  }

  @Test
  void aDroppedTagIsEitherTooRareOrBeyondTheVocabulary(@TempDir Path dir) throws IOException {
    TagTable table = new TagTable(RulesTest::treat, STATISTICS, Set.of("dog", "cat", "yak"), 5);
    Iterator<TagCount> tags =
        List.of(new TagCount("yak", 7), new TagCount("owls", 2), new TagCount("dogs", 8))
            .iterator();
    table.write(dir, () -> tags.hasNext() ? tags.next() : null);
    assertThat(Files.readAllLines(dir.resolve(TagTable.FILE)))
        .containsExactly(
            "tag,images,canonical,reason",
            "yak,7,,beyond the size of the vocabulary",
            "owls,2,,\"on fewer than 5 images, as 'owl'\"",
            "dogs,8,dog,a rule");
  }
}
