package org.octothorpe.data.curation.senses;

import java.io.Serializable;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.octothorpe.data.wordnet.Relatedness;
import org.octothorpe.data.wordnet.Sense;
import org.octothorpe.data.wordnet.Synset;
import org.octothorpe.data.wordnet.WordNet;

/**
 * The meanings of tags as evidence for each other: the word that a tag spells (#cranes and #crane
 * are one), what it may mean, and whether that is clear enough to say what the tags beside it mean.
 */
final class TagSenses implements Serializable {
  private static final long serialVersionUID = 1L;
  private static final int MAX_KNOWN = 1 << 17;
  private static final double CLEAR_SHARE = 0.75;
  private static final int COUNTED = 2; // fewer counts say nothing about shares
  private static final double CLOSE = 0.5;

  /**
   * The word that a tag spells.
   *
   * @param key of the word among those whose meaning is open; "" if there is nothing to choose
   * @param candidates the synsets that the tag may stand for, the most frequent first
   * @param neighborKey of the word among those whose meaning is clear; "" if it is not
   * @param meanings what it means if that is clear: one synset, or some that lie close
   */
  record Word(String key, List<Sense> candidates, String neighborKey, List<Synset> meanings) {}

  private final SynsetTags rule;
  private transient volatile @Nullable Map<String, Word> known;

  TagSenses(SynsetTags rule) {
    this.rule = rule;
  }

  /** Returns the word of a folded tag. */
  Word of(String tag) {
    Map<String, Word> words = known;
    if (words == null || words.size() > MAX_KNOWN) {
      words = new ConcurrentHashMap<>();
      known = words;
    }
    Word word = words.get(tag);
    if (word == null) {
      word = make(tag);
      words.put(tag, word);
    }
    return word;
  }

  private Word make(String tag) {
    List<Sense> candidates = rule.candidates(tag);
    List<Sense> all = SynsetTags.rivals(WordNet.nouns().senses(tag));
    List<Synset> meanings = clear(all);
    return new Word(
        candidates.size() > 1 ? SynsetTags.word(candidates) : "",
        candidates,
        meanings.isEmpty() ? "" : SynsetTags.word(all),
        meanings);
  }

  /** Returns the meanings of a word if it has one, or one far before the others, or close ones. */
  private static List<Synset> clear(List<Sense> senses) {
    if (senses.isEmpty()) {
      return List.of();
    }
    Synset first = senses.get(0).synset();
    long counted = senses.stream().mapToLong(Sense::count).sum();
    if (senses.size() == 1
        || (counted >= COUNTED && senses.get(0).count() >= CLEAR_SHARE * counted)) {
      return List.of(first);
    }
    List<Synset> all = senses.stream().map(Sense::synset).toList();
    return all.stream().allMatch(other -> Relatedness.nouns().similarity(first, other) > CLOSE)
        ? all
        : List.of();
  }
}
