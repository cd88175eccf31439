package org.octothorpe.data.wordnet;

import java.util.List;

/**
 * A set of nouns with one meaning.
 *
 * @param id {@code n} and the eight digits of its offset in WordNet 3.0, as ImageNet has it: {@code
 *     n02132136} is the brown bear
 * @param lemmas its words with spaces and capitals, the most usual first
 * @param gloss what it means, for people
 * @param instance whether it is one named thing, such as a town or a person, and no kind of things
 */
public record Synset(String id, List<String> lemmas, String gloss, boolean instance) {
  /** Copies the lemmas. */
  public Synset {
    lemmas = List.copyOf(lemmas);
  }
}
