package org.octothorpe.data.wordnet;

import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The words that a synset is described with: its lemmas and those of its gloss, in the singular.
 */
final class GlossWords {
  private static final Pattern EXAMPLE = Pattern.compile("\"[^\"]*\"");
  private static final Pattern WORD = Pattern.compile("[a-z]{3,}");
  // What glosses say of anything; rare words count most anyway, by their weights.
  private static final Set<String> COMMON =
      Set.of(
          "and",
          "any",
          "are",
          "between",
          "especially",
          "for",
          "from",
          "has",
          "have",
          "having",
          "her",
          "his",
          "into",
          "its",
          "large",
          "made",
          "make",
          "many",
          "not",
          "often",
          "one",
          "other",
          "several",
          "she",
          "small",
          "some",
          "someone",
          "something",
          "than",
          "that",
          "the",
          "their",
          "they",
          "used",
          "usually",
          "very",
          "was",
          "were",
          "when",
          "where",
          "which",
          "who",
          "with",
          "you",
          "your");

  private final WordNet wordNet;
  private final Map<String, Integer> ids = new HashMap<>();
  private final Map<String, String> singulars = new HashMap<>();

  GlossWords(WordNet wordNet) {
    this.wordNet = wordNet;
  }

  /** Returns the numbers of the words of a synset, each once, counted from 0 as they are met. */
  int[] of(Synset synset) {
    Set<String> words = new LinkedHashSet<>();
    for (String lemma : synset.lemmas()) {
      words.add(WordNet.key(lemma.toLowerCase(Locale.ROOT)));
      addWords(lemma, words);
    }
    addWords(EXAMPLE.matcher(synset.gloss()).replaceAll(""), words);
    int[] numbers = new int[words.size()];
    int i = 0;
    for (String word : words) {
      numbers[i++] = ids.computeIfAbsent(word, w -> ids.size());
    }
    return numbers;
  }

  /** Returns the number of different words so far. */
  int size() {
    return ids.size();
  }

  private void addWords(String text, Set<String> words) {
    Matcher matcher = WORD.matcher(text.toLowerCase(Locale.ROOT));
    while (matcher.find()) {
      if (!COMMON.contains(matcher.group())) {
        words.add(singulars.computeIfAbsent(matcher.group(), this::singular));
      }
    }
  }

  private String singular(String word) {
    Collection<String> found = wordNet.singulars(word);
    return found.isEmpty() ? word : found.iterator().next();
  }
}
