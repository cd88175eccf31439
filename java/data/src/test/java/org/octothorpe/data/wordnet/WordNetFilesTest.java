package org.octothorpe.data.wordnet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WordNetFilesTest {
  private static final Map<String, String> VALID =
      Map.of(
          "data.noun",
          """
            1 licence
          00000012 05 n 02 Grey_wolf 0 lobo 0 001 @ 00000089 n 0000 | a wolf; "howl"\s\s
          00000089 03 n 01 wolf 0 000 | howls\s\s
          """,
          "index.noun",
          """
            1 licence
          grey_wolf n 1 1 @ 1 0 00000012\s\s
          lobo n 1 1 @ 1 0 00000012\s\s
          wolf n 1 0 1 1 00000089\s\s
          """,
          "cntlist.rev",
          "run%2:38:00:: 1 9\nwolf%1:05:00:: 1 7\n",
          "noun.exc",
          "wolves wolf\n");

  private static WordNet read(Map<String, String> files) {
    return new WordNet(
        new WordNetFiles(
            file -> {
              String text = files.get(file);
              return text == null
                  ? null
                  : new ByteArrayInputStream(text.getBytes(StandardCharsets.US_ASCII));
            }));
  }

  @Test
  void readsSynsetsSensesCountsAndPlurals() {
    WordNet wordNet = read(VALID);
    Synset wolf = new Synset("n00000089", List.of("wolf"), "howls", false);
    assertThat(wordNet.synset("n00000012"))
        .isEqualTo(
            new Synset("n00000012", List.of("Grey wolf", "lobo"), "a wolf; \"howl\"", false));
    assertThat(wordNet.senses("wolf")).containsExactly(new Sense(wolf, "wolf", false, 7));
    assertThat(wordNet.senses("wolves")).containsExactly(new Sense(wolf, "wolf", true, 7));
    assertThat(wordNet.senses("greywolves")).extracting(Sense::lemma).containsExactly("grey wolf");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '~',
      value = {
        "data.noun ~ 00000089 03 ~ 00000090 03 ~ data.noun:3: begins at byte 89, but says 00000090",
        "data.noun ~ 00000089 03 ~ 0000089x 03 ~ data.noun:3: has the offset '0000089x'",
        "data.noun ~ n 02 ~ v 02 ~ data.noun:2: is not a noun synset",
        "data.noun ~ n 02 ~ n xx ~ data.noun:2: has 'xx', but must have a number",
        "data.noun ~ n 02 ~ n 09 ~ data.noun:2: has fewer than its 9 words",
        "data.noun ~ n 02 ~ n 00 ~ data.noun:2: has fewer than its 0 words",
        "data.noun ~ 001 @ ~ 002 @ ~ data.noun:2: has 4 fields for its 2 pointers",
        "data.noun ~ 000 | howls ~ 000 howls ~ data.noun:3: has no gloss",
        "index.noun ~ lobo n 1 ~ lobo v 1 ~ index.noun:3: is not a lemma of a noun",
        "index.noun ~ lobo n 1 ~ lobo n 2 ~ index.noun:3: has 8 fields for its 2 synsets",
        "index.noun ~ lobo n ~ wolf n ~ index.noun:4: has 'wolf' a second time",
        "index.noun ~ 1 1 00000089 ~ 1 1 00000088 ~ index.noun:4: names n00000088",
        "index.noun ~ wolf n 1 0 ~ wulf n 1 0 ~ index.noun: 'wolf' lacks its sense n00000089",
        "cntlist.rev ~ 1 7 ~ 1 -7 ~ cntlist.rev:2: has the count -7",
        "cntlist.rev ~ 1 7 ~ 7 ~ cntlist.rev:2: is not the count of a sense",
        "noun.exc ~ wolves wolf ~ wolves ~ noun.exc:1: has a plural without a singular",
      })
  void namesFileLineAndRuleOfWhatIsWrong(
      String file, String part, String replacement, String message) {
    Map<String, String> files = new HashMap<>(VALID);
    String text = VALID.getOrDefault(file, "");
    assertThat(text).contains(part);
    files.put(file, text.replace(part, replacement));
    assertThatThrownBy(() -> read(files))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("WordNet: " + message);
  }

  @Test
  void namesAMissingFile() {
    Map<String, String> files = new HashMap<>(VALID);
    files.remove("noun.exc");
    assertThatThrownBy(() -> read(files))
        .hasMessageContaining("noun.exc")
        .hasMessageContaining("extjwnl-data-wn30");
  }
}
