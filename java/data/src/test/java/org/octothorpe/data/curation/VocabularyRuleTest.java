package org.octothorpe.data.curation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VocabularyRuleTest {
  @TempDir Path folder;

  @Test
  void topTakesTagsAsTheyAreAndTheMostFrequentFirst() throws IOException {
    VocabularyRule rule = VocabularyRule.parse("top:3", null);
    assertThat(rule.tagRule().treat("instagood").canonical()).isEqualTo("instagood");
    // 𝒳 is above U+FFFF: UTF-16 would sort it before ﬀ.
    Map<String, Long> counts = Map.of("a", 1L, "\ufb00", 5L, "\ud835\udcb3", 5L, "b", 9L);
    assertThat(rule.select(counts)).containsExactly("b", "\ufb00", "\ud835\udcb3");
    assertThat(rule.atLeast(6).select(counts)).containsExactly("b");
  }

  @Test
  void aFileKeepsItsOrderAndItsTagsAlone() throws IOException {
    Path file = Files.writeString(folder.resolve("tags.txt"), "#Zebra\nant\n\nbee\n");
    VocabularyRule rule = VocabularyRule.parse("file:" + file, null);
    assertThat(rule.tagRule().treat("zebra").canonical()).isEqualTo("zebra");
    assertThat(rule.tagRule().treat("cat").kept()).isFalse();
    Map<String, Long> counts = Map.of("ant", 7L, "zebra", 2L);
    assertThat(rule.select(counts)).containsExactly("zebra", "ant");
    assertThat(rule.atLeast(3).select(counts)).containsExactly("ant");
    assertThat(rule.atLeast(0).select(counts)).containsExactly("zebra", "ant", "bee");
  }

  @Test
  void refusesANegativeMinimumByValue() throws IOException {
    VocabularyRule rule = VocabularyRule.parse("top:3", null);
    assertThatThrownBy(() -> rule.atLeast(-1)).hasMessageContaining("-1").hasMessageContaining("0");
  }

  @Test
  void wordnetMergesAndTakesTheMostFrequentFirst() throws IOException {
    VocabularyRule rule = VocabularyRule.parse("wordnet", null);
    assertThat(rule.tagRule().treat("ursusarctos").canonical()).isEqualTo("brownbear");
    Map<String, Long> counts = Map.of("dog", 3L, "brownbear", 2L, "car", 3L, "cat", 1L);
    assertThat(rule.select(counts)).containsExactly("car", "dog", "brownbear", "cat");
    assertThat(rule.atLeast(2).select(counts)).containsExactly("car", "dog", "brownbear");
    VocabularyRule top = VocabularyRule.parse("wordnet-top:2", null);
    assertThat(top.tagRule().treat("ursusarctos").canonical()).isEqualTo("brownbear");
    assertThat(top.select(counts)).containsExactly("car", "dog");
  }

  @Test
  void synsetsKeepTheirOwnTagsAlone() throws IOException {
    Path file = Files.writeString(folder.resolve("s.txt"), "n02132136\nn02012849 crane\n");
    VocabularyRule rule = VocabularyRule.parse("synsets:" + file, null);
    assertThat(rule.tagRule().treat("bruin").canonical()).isEqualTo("brownbear");
    assertThat(rule.tagRule().treat("dog").kept()).isFalse();
    assertThat(rule.select(Map.of("brownbear", 1L, "crane.n02012849", 2L)))
        .containsExactly("crane.n02012849", "brownbear");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "top:0", "top:", "top:x", "wordnet:3", "wordnet-top:0", "synsets:", "nouns"})
  void refusesAnUnknownOptionByValueAndRule(String option) {
    assertThatThrownBy(() -> VocabularyRule.checkOption(option))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("vocabulary is '" + option + "', but must be wordnet, ");
    assertThatThrownBy(() -> VocabularyRule.parse(option, null)).hasMessageContaining(option);
  }

  @Test
  void refusesOverridesWhereNothingIsToChoose() {
    assertThatThrownBy(() -> VocabularyRule.parse("top:3", folder.resolve("none")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'top:3' takes tags as they are");
  }
}
