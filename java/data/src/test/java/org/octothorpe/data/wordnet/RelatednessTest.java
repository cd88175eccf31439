package org.octothorpe.data.wordnet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class RelatednessTest {
  private static final Relatedness NOUNS = Relatedness.nouns();

  private static Synset synset(String id) {
    return Objects.requireNonNull(WordNet.nouns().synset(id));
  }

  @Test
  void whatIsOfOneKindIsRelated() {
    Synset flamingo = synset("n02007558");
    Synset bird = synset("n02012849");
    Synset machine = synset("n03126707");
    assertThat(NOUNS.of(flamingo, bird)).isGreaterThan(5 * NOUNS.of(flamingo, machine));
    assertThat(NOUNS.of(bird, flamingo)).isEqualTo(NOUNS.of(flamingo, bird));
    assertThat(NOUNS.similarity(flamingo, flamingo)).isCloseTo(1, within(1e-12));
    assertThat(NOUNS.similarity(flamingo, synset("n00001740"))).isZero();
  }

  /** Neither is a kind of the other, but the words that describe them are the same rare ones. */
  @Test
  void glossesRelateWhatIsOfDifferentKinds() {
    Synset game = synset("n00476389");
    Synset insect = synset("n02229544");
    Synset bat = synset("n03132076");
    assertThat(NOUNS.of(game, bat)).isGreaterThan(2 * NOUNS.of(insect, bat));
  }

  @Test
  void anUnknownSynsetIsNamed() {
    assertThatThrownBy(
            () ->
                NOUNS.of(
                    synset("n00001740"), new Synset("n00000001", List.of("x"), "nothing", false)))
        .hasMessage("n00000001 is not a synset of nouns of WordNet 3.0");
  }
}
