package org.octothorpe.data.wordnet;

import java.util.Comparator;

/**
 * One meaning of a hashtag.
 *
 * @param synset the meaning
 * @param lemma the dictionary form that the hashtag spells, in lower case
 * @param plural whether the hashtag is the plural of the lemma
 * @param count how often the lemma has this meaning in the texts in which WordNet's authors counted
 */
public record Sense(Synset synset, String lemma, boolean plural, int count) {
  /**
   * What people mean first: the meaning that was counted most often. Most were never met and have
   * count 0, in an order that says nothing, where Crane the poet precedes the bird and the machine:
   * there a kind of things precedes one named thing.
   */
  static final Comparator<Sense> MOST_FREQUENT_FIRST =
      Comparator.comparingInt(Sense::count)
          .reversed()
          .thenComparing(sense -> sense.synset().instance());

  Sense asPlural() {
    return new Sense(synset, lemma, true, count);
  }
}
