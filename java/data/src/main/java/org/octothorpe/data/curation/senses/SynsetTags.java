package org.octothorpe.data.curation.senses;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.octothorpe.data.curation.rules.SenseChoice;
import org.octothorpe.data.curation.rules.TagRule;
import org.octothorpe.data.curation.rules.Treatment;
import org.octothorpe.data.wordnet.Sense;
import org.octothorpe.data.wordnet.Synset;
import org.octothorpe.data.wordnet.WordNet;

/**
 * The rule that merges the tags of a WordNet synset into one. Of several synsets a tag stands for
 * the first of {@link WordNet#senses}, unless an override says otherwise, or a choice by the tags
 * beside it; with a list of synsets, only those that are listed count.
 */
public final class SynsetTags implements TagRule {
  private static final long serialVersionUID = 1L;

  private final Overrides overrides;
  private final @Nullable HashSet<String> listed;
  private final HashMap<String, SenseChoice> changed;

  /**
   * Makes the rule.
   *
   * @param listed the ids of the only synsets whose tags are kept, or null for all
   */
  public SynsetTags(Overrides overrides, @Nullable Collection<String> listed) {
    this(overrides, listed, Map.of());
  }

  private SynsetTags(
      Overrides overrides, @Nullable Collection<String> listed, Map<String, SenseChoice> changed) {
    this.overrides = overrides;
    this.listed = listed == null ? null : new HashSet<>(listed);
    this.changed = new HashMap<>(changed);
  }

  /** Returns this rule with the senses of some words chosen, by their keys. */
  public SynsetTags with(Map<String, SenseChoice> choices) {
    Map<String, SenseChoice> changes = new HashMap<>();
    choices.forEach(
        (word, choice) -> {
          if (choice.changed()) {
            changes.put(word, choice);
          }
        });
    return new SynsetTags(overrides, listed, changes);
  }

  /** Returns the synsets that a tag may stand for, the most frequent first; one if it is fixed. */
  public List<Sense> candidates(String tag) {
    String override = overrides.of(tag);
    if (override == null) {
      return rivals(listed(WordNet.nouns().senses(tag)));
    }
    Synset synset = WordNet.nouns().synset(override);
    return synset == null || !isListed(synset)
        ? List.of()
        : List.of(new Sense(synset, synset.lemmas().get(0), false, 0));
  }

  /** Returns the senses that come into question with the first: a lemma's, or those of a plural. */
  static List<Sense> rivals(List<Sense> senses) {
    return senses.stream().filter(sense -> sense.plural() == senses.get(0).plural()).toList();
  }

  /** Returns the key of the word that has these senses, whichever way a tag spells it. */
  public static String word(List<Sense> rivals) {
    return rivals.stream()
        .map(sense -> WordNet.key(sense.lemma()))
        .distinct()
        .collect(Collectors.joining("+"));
  }

  /** Returns the canonical tag of the synset with an id. */
  static String name(String id) {
    return WordNet.nouns().name(Objects.requireNonNull(WordNet.nouns().synset(id)));
  }

  private List<Sense> listed(List<Sense> senses) {
    return senses.stream().filter(sense -> isListed(sense.synset())).toList();
  }

  @Override
  public Treatment treat(String tag) {
    // Not a field: the rule travels to other processes, and each loads WordNet for itself.
    WordNet wordNet = WordNet.nouns();
    String override = overrides.of(tag);
    if (override != null) {
      return overridden(tag, override, wordNet);
    }
    List<Sense> all = wordNet.senses(tag);
    if (all.isEmpty()) {
      return new Treatment(tag, null, "no noun of WordNet 3.0");
    }
    List<Sense> senses = listed(all);
    if (senses.isEmpty()) {
      return new Treatment(
          tag,
          null,
          all.size() == 1
              ? "its only noun synset, " + all.get(0).synset().id() + ", is not in the list"
              : "none of its " + all.size() + " noun synsets is in the list");
    }
    List<Sense> rivals = rivals(senses);
    SenseChoice choice = changed.get(word(rivals));
    return choice == null
        ? new Treatment(tag, wordNet.name(senses.get(0).synset()), reason(senses))
        : new Treatment(tag, name(choice.chosen()), reason(rivals, choice));
  }

  private Treatment overridden(String tag, String override, WordNet wordNet) {
    Synset synset = wordNet.synset(override);
    if (synset == null) {
      return new Treatment(tag, null, "an override drops it");
    }
    return isListed(synset)
        ? new Treatment(tag, wordNet.name(synset), "an override chooses " + override)
        : new Treatment(
            tag, null, "an override chooses " + override + ", which is not in the list");
  }

  private boolean isListed(Synset synset) {
    HashSet<String> ids = listed;
    return ids == null || ids.contains(synset.id());
  }

  private String reason(List<Sense> rivals, SenseChoice choice) {
    return "of "
        + rivals.size()
        + (listed == null ? " noun synsets" : " listed noun synsets")
        + " of '"
        + rivals.get(0).lemma()
        + "' the one that fits the tags beside it: "
        + String.join(", ", choice.neighbors());
  }

  private String reason(List<Sense> senses) {
    Sense chosen = senses.get(0);
    String kind = listed == null ? "noun synset" : "listed noun synset";
    String of =
        " of '" + chosen.lemma() + "'" + (chosen.plural() ? ", of which it is the plural" : "");
    if (senses.size() == 1) {
      return "the only " + kind + of;
    }
    Sense next = senses.get(1);
    if (chosen.plural() != next.plural()) {
      return "the only "
          + kind
          + of
          + ", which precedes being the plural of '"
          + next.lemma()
          + "'";
    }
    long rivals = senses.stream().filter(sense -> sense.plural() == chosen.plural()).count();
    String among = " of " + rivals + " " + kind + "s" + of;
    if (chosen.count() > next.count()) {
      return "the most frequent" + among;
    }
    return "the first"
        + among
        + "; none is counted more often than its "
        + chosen.count()
        + ", so kinds of things precede named ones, then WordNet's order counts";
  }
}
