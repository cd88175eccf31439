package org.octothorpe.data.curation;

import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.octothorpe.data.wordnet.Sense;
import org.octothorpe.data.wordnet.Synset;
import org.octothorpe.data.wordnet.WordNet;

/**
 * The rule that merges the tags of a WordNet synset into one. Of several synsets a tag stands for
 * the first of {@link WordNet#senses}, unless an override says otherwise; with a list of synsets,
 * for the first that is listed.
 */
final class SynsetTags implements TagRule {
  private static final long serialVersionUID = 1L;

  private final Overrides overrides;
  private final @Nullable HashSet<String> listed;

  /**
   * Makes the rule.
   *
   * @param listed the ids of the only synsets whose tags are kept, or null for all
   */
  SynsetTags(Overrides overrides, @Nullable Collection<String> listed) {
    this.overrides = overrides;
    this.listed = listed == null ? null : new HashSet<>(listed);
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
    List<Sense> senses = all.stream().filter(sense -> isListed(sense.synset())).toList();
    if (senses.isEmpty()) {
      return new Treatment(
          tag,
          null,
          all.size() == 1
              ? "its only noun synset, " + all.get(0).synset().id() + ", is not in the list"
              : "none of its " + all.size() + " noun synsets is in the list");
    }
    return new Treatment(tag, wordNet.name(senses.get(0).synset()), reason(senses));
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
