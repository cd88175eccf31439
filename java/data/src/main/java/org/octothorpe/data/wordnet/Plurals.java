package org.octothorpe.data.wordnet;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * From plurals to singulars, as morphy(7WN) of WordNet does for nouns: a list of irregular plurals,
 * then endings. It works on joined words, where morphy and its ports, which split words at spaces,
 * do not find the words of a tag: "greywolves" is the plural of "grey wolf".
 */
final class Plurals {
  // An ending of the plural and that of its singular; the first that makes a noun counts.
  private static final String[][] ENDINGS = {
    {"s", ""},
    {"ses", "s"},
    {"xes", "x"},
    {"zes", "z"},
    {"ches", "ch"},
    {"shes", "sh"},
    {"men", "man"},
    {"ies", "y"}
  };

  private final Set<String> nouns = new HashSet<>();
  private final Map<String, Set<String>> irregular = new HashMap<>();

  /**
   * Makes the plurals of these lemmas.
   *
   * @param exceptions irregular plurals and their singulars
   */
  Plurals(Map<String, List<String>> exceptions, Collection<String> lemmas) {
    for (String lemma : lemmas) {
      nouns.add(WordNet.key(lemma));
    }
    Map<String, List<String>> pluralsOf = new HashMap<>();
    exceptions.forEach(
        (plural, singulars) -> {
          for (String singular : singulars) {
            add(WordNet.key(plural), WordNet.key(singular));
            pluralsOf.computeIfAbsent(singular, s -> new ArrayList<>()).add(plural);
          }
        });
    for (String lemma : lemmas) {
      int last = 1 + Math.max(lemma.lastIndexOf(' '), lemma.lastIndexOf('-'));
      if (last > 0) {
        for (String plural : pluralsOf.getOrDefault(lemma.substring(last), List.of())) {
          add(WordNet.key(lemma.substring(0, last) + plural), WordNet.key(lemma));
        }
      }
    }
  }

  private void add(String plural, String singular) {
    if (nouns.contains(singular) && !plural.equals(singular)) {
      irregular.computeIfAbsent(plural, p -> new LinkedHashSet<>()).add(singular);
    }
  }

  /** Returns the singulars of a joined word, all of them nouns; empty if it is not a plural. */
  Collection<String> singulars(String plural) {
    Set<String> listed = irregular.get(plural);
    if (listed != null) {
      return listed;
    }
    // "glass" is not the plural of "glas", nor "as" of "a".
    if (plural.endsWith("ss") || plural.length() <= 2) {
      return List.of();
    }
    for (String[] ending : ENDINGS) {
      if (plural.endsWith(ending[0])) {
        String singular = plural.substring(0, plural.length() - ending[0].length()) + ending[1];
        if (nouns.contains(singular)) {
          return List.of(singular);
        }
      }
    }
    return List.of();
  }
}
