package org.octothorpe.data.wordnet;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.octothorpe.data.tags.Hashtags;

class WordNetTest {
  private static final WordNet WORDNET = WordNet.nouns();

  @Test
  void hasTheNounsOfWordNet30() {
    assertThat(WORDNET.synsets()).hasSize(82_115);
    assertThat(WORDNET.keys()).isEqualTo(116_654); // 117,798 lemmas, joined and without punctuation
    assertThat(WORDNET.synsets()).filteredOn(Synset::instance).hasSize(7_730);
    assertThat(WORDNET.synset("n02132136"))
        .isEqualTo(
            new Synset(
                "n02132136",
                List.of("brown bear", "bruin", "Ursus arctos"),
                "large ferocious bear of Eurasia",
                false));
    assertThat(WORDNET.synset("n02132137")).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "brownbear",
        "#BrownBear",
        "brown bear",
        "brown_bear",
        "brown-bear",
        "brownbears",
        "ursusarctos",
        "#UrsusArctos",
        "ｂｒｏｗｎｂｅａｒ"
      })
  void spellingsAndSynonymsAreOneSynset(String tag) {
    assertThat(WORDNET.senses(tag)).extracting(s -> s.synset().id()).containsExactly("n02132136");
  }

  @ParameterizedTest
  @CsvSource({
    "dogs, dog, dog",
    "puppies, puppy, puppy",
    "buses, bus, bus",
    "boxes, box, box",
    "churches, church, church",
    "dishes, dish, dish",
    "firemen, fireman, fireman",
    "wolves, wolf, wolf",
    "greywolves, grey wolf, timberwolf",
    "mice, mouse, mouse",
    "fieldmice, field mouse, fieldmouse",
    "brothersinlaw, brother-in-law, brotherinlaw",
  })
  void pluralsMeanWhatTheirSingularsMean(String plural, String lemma, String name) {
    List<Sense> senses = WORDNET.senses(plural);
    assertThat(senses).allMatch(Sense::plural).extracting(Sense::lemma).contains(lemma);
    assertThat(WORDNET.name(senses.get(0).synset())).isEqualTo(name);
  }

  @ParameterizedTest
  @ValueSource(strings = {"instagood", "happy", "猫", "", "-", "nofilter", "brownbear.n02132136"})
  void whatIsNoNounHasNoSense(String tag) {
    assertThat(WORDNET.senses(tag)).isEmpty();
  }

  @Test
  void aWordThatIsANounIsNotTakenForAPluralFirst() {
    assertThat(WORDNET.senses("glasses").get(0).synset().lemmas()).contains("spectacles");
    assertThat(WORDNET.senses("glasses").get(1).plural()).isTrue();
    assertThat(WORDNET.senses("glass")).noneMatch(Sense::plural);
  }

  @Test
  void ofSeveralSensesTheMostFrequentIsFirstAndAKindPrecedesOneNamedThing() {
    assertThat(WORDNET.senses("dog").get(0)).extracting(Sense::count).isEqualTo(42);
    // Index order: two writers, a constellation, the machine, the bird; none was ever counted.
    assertThat(WORDNET.senses("crane"))
        .extracting(s -> s.synset().id())
        .containsExactly("n03126707", "n02012849", "n10914447", "n10914331", "n09295455");
    // DOE, the Department of Energy, is first in the index.
    assertThat(WORDNET.senses("doe").get(0).synset().lemmas()).contains("doe");
    assertThat(WORDNET.senses("doe"))
        .anyMatch(sense -> sense.synset().lemmas().contains("DOE") && sense.capitalised());
  }

  @Test
  void lemmasWithTheSameLettersAreOneTag() {
    assertThat(WORDNET.senses("newyork")).extracting(Sense::lemma).containsOnly("new york");
    // "coop" and "co-op" have different synsets; the tag means either.
    assertThat(WORDNET.senses("coop")).extracting(Sense::lemma).contains("coop", "co-op");
    assertThat(WORDNET.senses("coop")).isEqualTo(WORDNET.senses("co-op"));
  }

  @Test
  void synonymsMerge() {
    assertThat(List.of("car", "auto", "automobile", "motorcar", "cars"))
        .extracting(this::name)
        .containsOnly("car");
    assertThat(name("cat")).isEqualTo("cat");
    // WordNet's kitties: two pools of money before "kitten" and "kitty-cat".
    assertThat(name("kittycat")).isEqualTo("kitty.n02122298");
    assertThat(WORDNET.senses("kitty.n02122298").get(0).synset().lemmas()).contains("kitty-cat");
  }

  @Test
  void everyLemmaMeansItsSynsetAmongOthers() {
    List<String> lost = new ArrayList<>();
    for (Synset synset : WORDNET.synsets()) {
      for (String lemma : synset.lemmas()) {
        List<Sense> senses = WORDNET.senses("#" + lemma.toUpperCase(Locale.ROOT));
        if (senses.stream().noneMatch(sense -> sense.synset().equals(synset))) {
          lost.add(lemma);
        }
      }
    }
    assertThat(lost).isEmpty();
  }

  @Test
  void namesAreFoldedDifferentAndMeanTheirSynset() {
    Set<String> names = new HashSet<>();
    List<String> wrong = new ArrayList<>();
    for (Synset synset : WORDNET.synsets()) {
      String name = WORDNET.name(synset);
      if (!names.add(name)
          || !Hashtags.fold(name).equals(name)
          || !WORDNET.senses(name).get(0).synset().equals(synset)) {
        wrong.add(name);
      }
    }
    assertThat(wrong).isEmpty();
  }

  @Test
  void loadedTwiceItSaysTheSame() {
    WordNet again = new WordNet(WordNetFiles.published());
    List<String> different = new ArrayList<>();
    for (Synset synset : WORDNET.synsets()) {
      String plural = synset.lemmas().get(synset.lemmas().size() - 1) + "s";
      if (!again.senses(plural).equals(WORDNET.senses(plural))
          || !again.name(synset).equals(WORDNET.name(synset))) {
        different.add(plural);
      }
    }
    assertThat(different).isEmpty();
  }

  @Test
  void knowsWhatElseAWordIs() {
    assertThat(WORDNET.otherParts("#Happy")).containsExactly("adjective");
    assertThat(WORDNET.otherParts("well")).containsExactly("adjective", "adverb", "verb");
    assertThat(WORDNET.otherParts("instagood")).isEmpty();
  }

  private String name(String tag) {
    return WORDNET.name(WORDNET.senses(tag).get(0).synset());
  }
}
