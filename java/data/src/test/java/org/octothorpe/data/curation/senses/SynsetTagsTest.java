package org.octothorpe.data.curation.senses;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.ObjectInputStream;
import java.io.ObjectOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.octothorpe.data.curation.VocabularyRule;
import org.octothorpe.data.curation.rules.TagRule;
import org.octothorpe.data.curation.rules.Treatment;
import org.octothorpe.data.wordnet.Synset;
import org.octothorpe.data.wordnet.WordNet;

class SynsetTagsTest {
  private static final SynsetTags ALL = new SynsetTags(new Overrides(), null);

  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "brownbear   | brownbear | the only noun synset of 'brown bear'",
        "brownbears  | brownbear | the only noun synset of 'brown bear', of which it is the plural",
        "automobile  | car       | the only noun synset of 'automobile'",
        "dogs        | dog       | the most frequent of 7 noun synsets of 'dog', of which it is the plural",
        "crane       | crane     | the first of 5 noun synsets of 'crane'; none is counted more often than its 0",
        "glasses     | spectacles | the only noun synset of 'glasses', which precedes being the plural of 'glass'",
        "instagood   |           | no noun of WordNet 3.0",
      })
  void mergesTagsAndSaysWhy(String tag, String canonical, String reason) {
    Treatment treatment = ALL.treat(tag);
    assertThat(treatment.tag()).isEqualTo(tag);
    assertThat(treatment.canonical()).isEqualTo(canonical);
    assertThat(treatment.reason()).startsWith(reason);
  }

  @Test
  void canonicalTagsOfAllSynsetsStayWhatTheyAre() {
    List<String> changed = new ArrayList<>();
    for (Synset synset : WordNet.nouns().synsets()) {
      String name = WordNet.nouns().name(synset);
      if (!name.equals(ALL.treat(name).canonical())) {
        changed.add(name);
      }
    }
    assertThat(changed).isEmpty();
  }

  @Test
  void aListChoosesAmongTheMeaningsOfATag() {
    SynsetTags birds = new SynsetTags(new Overrides(), Set.of("n02012849", "n02132136"));
    assertThat(birds.treat("crane"))
        .isEqualTo(
            new Treatment("crane", "crane.n02012849", "the only listed noun synset of 'crane'"));
    assertThat(birds.treat("dog").reason()).isEqualTo("none of its 7 noun synsets is in the list");
    assertThat(birds.treat("ursusarctoshorribilis").reason())
        .isEqualTo("its only noun synset, n02132580, is not in the list");
  }

  @Test
  void overridesPrecedeWordNet() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("o.tsv"),
            "# birds\n\n\u200bcrane\t n02012849\u200b\nPuppy-Love\t-\n猫\tn02121808\n");
    SynsetTags rule = new SynsetTags(Overrides.read(file), null);
    assertThat(rule.treat("crane"))
        .isEqualTo(new Treatment("crane", "crane.n02012849", "an override chooses n02012849"));
    assertThat(rule.treat("puppylove"))
        .isEqualTo(new Treatment("puppylove", null, "an override drops it"));
    assertThat(rule.treat("猫").canonical()).isEqualTo("domesticcat");
    assertThat(rule.treat("brownbear")).isEqualTo(ALL.treat("brownbear"));
    assertThat(new SynsetTags(Overrides.read(file), Set.of("n02132136")).treat("crane"))
        .isEqualTo(
            new Treatment(
                "crane", null, "an override chooses n02012849, which is not in the list"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "crane n02012849 | 'crane n02012849' is not a tag, one tab, and the id",
        "crane\\tn0201284 | 'n0201284' is not the id of a synset",
        "crane\\tn02012850 | n02012850 is not a noun synset of WordNet 3.0",
        "DOG\\t- | the tag 'DOG' occurs a second time",
        "--\\t- | '--' has neither letter nor digit",
        "crane, kitty\\tn02012849 | 'crane, kitty' holds several tags, crane and kitty; a line each",
        "\\#crane\\t- | '#crane' would be a comment",
      })
  void malformedOverridesAreRefusedWithFileAndLine(String line, String message) throws IOException {
    String text = line.replace("\\t", "\t").replace("\\#", "#");
    Path file = Files.writeString(folder.resolve("o.tsv"), "dog\t-\n\n" + text + "\n");
    assertThatThrownBy(() -> Overrides.read(file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(file + ":3: " + message);
  }

  @Test
  void aListOfSynsetsIsReadAndCheckedWithFileAndLine() throws IOException {
    Path file = folder.resolve("s.txt");
    Files.writeString(file, "# bears\nn02132136\tbrown bear, bruin\n\n \u200b n02012849 crane\n");
    assertThat(SynsetList.read(file)).containsExactly("n02132136", "n02012849");
    Files.writeString(file, "n02132136\nn02132136 again\n");
    assertThatThrownBy(() -> SynsetList.read(file))
        .hasMessage(file + ":2: n02132136 occurs a second time");
    Files.writeString(file, "bear\n");
    assertThatThrownBy(() -> SynsetList.read(file))
        .hasMessageStartingWith(file + ":1: 'bear' is not the id of a synset");
    Files.writeString(file, "# nothing\n");
    assertThatThrownBy(() -> SynsetList.read(file)).hasMessage(file + ": has no synset");
  }

  @Test
  void rulesTravelToOtherProcesses() throws Exception {
    Path file = Files.writeString(folder.resolve("o.tsv"), "crane\tn02012849\n");
    Path tags = Files.writeString(folder.resolve("tags.txt"), "dog\n");
    for (TagRule rule :
        List.of(
            new SynsetTags(Overrides.read(file), Set.of("n02012849")),
            VocabularyRule.parse("file:" + tags, null).tagRule(),
            VocabularyRule.parse("top:3", null).tagRule())) {
      ByteArrayOutputStream bytes = new ByteArrayOutputStream();
      try (ObjectOutputStream out = new ObjectOutputStream(bytes)) {
        out.writeObject(rule);
      }
      assertThat(bytes.size()).as("WordNet stays here").isLessThan(4096);
      try (ObjectInputStream in =
          new ObjectInputStream(new ByteArrayInputStream(bytes.toByteArray()))) {
        TagRule copy = (TagRule) in.readObject();
        for (String tag : List.of("crane", "dog", "brownbear")) {
          assertThat(copy.treat(tag)).isEqualTo(rule.treat(tag));
        }
      }
    }
  }
}
