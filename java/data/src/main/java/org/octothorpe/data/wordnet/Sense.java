package org.octothorpe.data.wordnet;

import java.util.Comparator;
import java.util.Locale;

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
   * count 0, in an order that says nothing, where DOE the department precedes the doe, and Crane
   * the poet the bird and the machine: there a lemma in lower case precedes one with capitals, and
   * a kind of things one named thing.
   */
  static final Comparator<Sense> MOST_FREQUENT_FIRST =
      Comparator.comparingInt(Sense::count)
          .reversed()
          .thenComparing(Sense::capitalised)
          .thenComparing(sense -> sense.synset().instance());

  /** Whether the synset writes the lemma with capitals only: an abbreviation, or a name. */
  boolean capitalised() {
    return synset.lemmas().stream()
        .filter(written -> written.equalsIgnoreCase(lemma))
        .allMatch(written -> !written.equals(written.toLowerCase(Locale.ROOT)));
  }

  Sense asPlural() {
    return new Sense(synset, lemma, true, count);
  }
}
