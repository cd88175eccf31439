package org.octothorpe.cli.curate;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.octothorpe.cli.CommandRun;

class ExplainCommandTest {
  @TempDir Path folder;

  private static String explain(String... arguments) {
    String[] all = new String[arguments.length + 1];
    all[0] = "explain";
    System.arraycopy(arguments, 0, all, 1, arguments.length);
    CommandRun run = CommandRun.of(all);
    assertThat(run.exit()).as(run.all()).isZero();
    return run.out();
  }

  @Test
  void tagsOfOneSynsetAreOne() {
    assertThat(explain("brownbear", "ursusarctos"))
        .isEqualToNormalizingNewlines(
            """
            brownbear
              kept as brownbear: the only noun synset of 'brown bear'
              * n02132136  brown bear, bruin, Ursus arctos, count 0 as 'brown bear': large ferocious bear of Eurasia
            ursusarctos
              kept as brownbear: the only noun synset of 'ursus arctos'
              * n02132136  brown bear, bruin, Ursus arctos, count 0 as 'ursus arctos': large ferocious bear of Eurasia
            """);
  }

  @Test
  void anAmbiguousTagShowsTheChoiceAndItsRule() {
    assertThat(explain("crane"))
        .contains(
            "  kept as crane: the first of 5 noun synsets of 'crane'; none is counted more often",
            "  * n03126707  crane, count 0",
            "    n02012849  crane (crane.n02012849), count 0",
            "    n10914447  Crane, Stephen Crane (crane.n10914447), count 0")
        .containsOnlyOnce("*");
  }

  @Test
  void whatNobodySeesIsShownAndATextOfSeveralTagsIsSplit() {
    assertThat(explain("#Se\u200ba", "#a#b", "\ufeff", "['a', 'b", "--vocabulary", "top:3"))
        .isEqualToNormalizingNewlines(
            """
            #Se<U+200B>a -> sea
              kept as sea: every tag stands for itself
            #a#b -> a
              kept as a: every tag stands for itself
            #a#b -> b
              kept as b: every tag stands for itself
            <U+FEFF> ->\s
              dropped: nothing is left of it
            ['a', 'b ->\s
              dropped: its tags are a list that is cut short: ['a', 'b
            """);
  }

  @Test
  void aDroppedTagHasItsReason() {
    assertThat(explain("猫", "#Happy", "instagood", "#"))
        .isEqualToNormalizingNewlines(
            """
            猫
              dropped: no noun of WordNet 3.0, whose words are English
            #Happy -> happy
              dropped: no noun of WordNet 3.0, which has it as adjective
            instagood
              dropped: no noun of WordNet 3.0
            # ->\s
              dropped: nothing is left of it
            """);
  }

  @Test
  void aSetShowsWhatTheTagsBesideATagMadeOfIt() throws IOException {
    Path table = folder.resolve("senses.csv");
    String header = "tag,images,frequent,chosen,changed,score,rival,neighbors,meaning\n";
    Files.writeString(
        table,
        header
            + "crane,4,n03126707,n02012849,yes,0.5000,0.1000,heron stork,\"large, long-necked\"\n"
            + "kitty,2,n13369474,n13369474,no,-0.0300,-0.0300,,the stakes\n");
    assertThat(explain("Crane", "kitty", "dog", "--set", folder.toString()))
        .contains(
            "kept as crane.n02012849: of 5 noun synsets of 'crane' the one that fits the tags"
                + " beside it: heron, stork\n",
            "  * n02012849  crane, count 0",
            "kept as pool.n13369474: the first of 4 noun synsets of 'kitty'",
            "kept as dog: the most frequent");
    CommandRun asTheyAre =
        CommandRun.of("explain", "dog", "--vocabulary", "top:3", "--set", folder.toString());
    assertThat(asTheyAre.err()).contains("the vocabulary takes tags as they are");
    Files.writeString(table, header + "crane,4,n03126707\n");
    assertThat(CommandRun.of("explain", "crane", "--set", folder.toString()).err())
        .contains(table + ": the line of 'crane' is not one of this table");
    Files.delete(table);
    assertThat(CommandRun.of("explain", "crane", "--set", folder.toString()).err())
        .contains(table + " does not exist: the set was made with --senses frequency");
    assertThat(CommandRun.of("explain", "crane", "--set", folder + "/no-set").err())
        .contains("there is no set " + folder.resolve("no-set"))
        .doesNotContain("--senses");
  }

  @Test
  void overridesAndListsChange() throws IOException {
    Path overrides = Files.writeString(folder.resolve("o.tsv"), "crane\tn02012849\n猫\tn02121808\n");
    assertThat(explain("crane", "猫", "--overrides", overrides.toString()))
        .contains("kept as crane.n02012849: an override chooses n02012849", "* n02012849  crane,")
        .contains(
            "kept as domesticcat: an override chooses n02121808", "* n02121808  domestic cat");
    Path synsets = Files.writeString(folder.resolve("s.txt"), "n02012849 crane, the bird\n");
    assertThat(explain("crane", "dog", "--vocabulary", "synsets:" + synsets))
        .contains("kept as crane.n02012849: the only listed noun synset of 'crane'")
        .contains("dropped: none of its 7 noun synsets is in the list");
  }

  @Test
  void vocabulariesOfTagsDoNotAskWordNet() {
    assertThat(explain("#InstaGood", "--vocabulary", "top:100"))
        .contains("#InstaGood -> instagood", "kept as instagood: every tag stands for itself")
        .doesNotContain("n0");
  }

  @Test
  void jsonHasTheSame() throws IOException {
    JsonNode json = new ObjectMapper().readTree(explain("--json", "Dogs", "猫"));
    JsonNode dogs = json.get(0);
    assertThat(dogs.get("tag").asText()).isEqualTo("Dogs");
    assertThat(dogs.get("folded").asText()).isEqualTo("dogs");
    assertThat(dogs.get("canonical").asText()).isEqualTo("dog");
    JsonNode synset = dogs.get("synsets").get(0);
    assertThat(synset.get("id").asText()).isEqualTo("n02084071");
    assertThat(synset.get("plural").asBoolean()).isTrue();
    assertThat(synset.get("chosen").asBoolean()).isTrue();
    assertThat(synset.get("count").asInt()).isEqualTo(42);
    assertThat(synset.get("lemmas").get(1).asText()).isEqualTo("domestic dog");
    assertThat(json.get(1).get("canonical").isNull()).isTrue();
    assertThat(json.get(1).get("synsets")).isEmpty();
  }

  @Test
  void refusesAnUnknownVocabularyAndOverridesWithoutSynsets() {
    CommandRun unknown = CommandRun.of("explain", "dog", "--vocabulary", "wordnet-top:0");
    assertThat(unknown.exit()).isEqualTo(2);
    assertThat(unknown.err()).contains("--vocabulary is 'wordnet-top:0', but must be wordnet, ");
    CommandRun overrides =
        CommandRun.of("explain", "dog", "--vocabulary", "top:9", "--overrides", "o.tsv");
    assertThat(overrides.exit()).isEqualTo(1);
    assertThat(overrides.err()).contains("'top:9' takes tags as they are");
    CommandRun folder = CommandRun.of("explain", "dog", "--overrides", "/");
    assertThat(folder.err())
        .isEqualToIgnoringNewLines(
            "octothorpe explain: overrides: / is a folder, but must be a file");
    assertThat(CommandRun.of("explain").exit()).isEqualTo(2);
  }
}
