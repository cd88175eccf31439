package org.octothorpe.data.curation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
}
