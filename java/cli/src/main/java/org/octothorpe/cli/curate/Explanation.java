package org.octothorpe.cli.curate;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.octothorpe.data.curation.rules.TagRule;
import org.octothorpe.data.curation.rules.Treatment;
import org.octothorpe.data.tags.Hashtags;
import org.octothorpe.data.tags.Invisible;
import org.octothorpe.data.tags.TagText;
import org.octothorpe.data.wordnet.Sense;
import org.octothorpe.data.wordnet.Synset;
import org.octothorpe.data.wordnet.WordNet;

/**
 * What becomes of a hashtag, and why.
 *
 * @param tag as the user typed it
 * @param folded the same as {@link Hashtags#fold} makes it; one of them if the text holds several
 *     tags
 * @param canonical the tag that it is merged into, or null if it is dropped
 * @param reason why
 * @param synsets its meanings, the most usual first; none if the vocabulary does not ask WordNet
 */
record Explanation(
    String tag, String folded, @Nullable String canonical, String reason, List<Meaning> synsets) {

  /**
   * A synset that a tag may mean.
   *
   * @param id such as n02132136
   * @param name the canonical tag of the synset
   * @param lemma the dictionary form that the tag spells
   * @param plural whether the tag is its plural
   * @param count how often WordNet's authors met the lemma with this meaning
   * @param lemmas all words of the synset
   * @param gloss what it means
   * @param chosen whether the tag stands for this synset
   */
  record Meaning(
      String id,
      String name,
      String lemma,
      boolean plural,
      int count,
      List<String> lemmas,
      String gloss,
      boolean chosen) {}

  /**
   * Explains the tags of a text, usually one, by a rule that asks WordNet, or by one that takes
   * tags as they are.
   */
  static List<Explanation> of(String text, TagRule rule, boolean asksWordNet) {
    List<String> tags;
    try {
      tags = TagText.of(text);
    } catch (IllegalArgumentException e) {
      return List.of(new Explanation(text, "", null, String.valueOf(e.getMessage()), List.of()));
    }
    if (tags.isEmpty()) {
      return List.of(new Explanation(text, "", null, whyNothing(text), List.of()));
    }
    return tags.stream().map(tag -> of(text, tag, rule, asksWordNet)).toList();
  }

  private static String whyNothing(String text) {
    return text.codePoints().filter(Character::isLetterOrDigit).count() > Hashtags.MAX_CODE_POINTS
        ? "it has more than " + Hashtags.MAX_CODE_POINTS + " characters"
        : "nothing is left of it";
  }

  private static Explanation of(String tag, String folded, TagRule rule, boolean asksWordNet) {
    Treatment treatment = rule.treat(folded);
    List<Meaning> meanings =
        asksWordNet ? meanings(folded, treatment.canonical()) : List.<Meaning>of();
    boolean unknown = asksWordNet && meanings.isEmpty() && !treatment.kept();
    return new Explanation(
        tag,
        folded,
        treatment.canonical(),
        treatment.reason() + (unknown ? whatItIsInstead(folded) : ""),
        meanings);
  }

  private static List<Meaning> meanings(String tag, @Nullable String canonical) {
    WordNet wordNet = WordNet.nouns();
    List<Sense> senses = new ArrayList<>(wordNet.senses(tag));
    Synset chosen = null;
    if (canonical != null) {
      Sense sense = wordNet.senses(canonical).get(0);
      chosen = sense.synset();
      // An override may choose what the tag does not mean in WordNet.
      if (senses.stream().noneMatch(own -> own.synset().equals(sense.synset()))) {
        senses.add(0, sense);
      }
    }
    List<Meaning> meanings = new ArrayList<>();
    for (Sense sense : senses) {
      Synset synset = sense.synset();
      meanings.add(
          new Meaning(
              synset.id(),
              wordNet.name(synset),
              sense.lemma(),
              sense.plural(),
              sense.count(),
              synset.lemmas(),
              synset.gloss(),
              synset.equals(chosen)));
    }
    return meanings;
  }

  private static String whatItIsInstead(String tag) {
    List<String> parts = WordNet.nouns().otherParts(tag);
    if (!parts.isEmpty()) {
      return ", which has it as " + String.join(" and ", parts);
    }
    boolean english = tag.codePoints().noneMatch(c -> c >= 128 && Character.isLetter(c));
    return english ? "" : ", whose words are English";
  }

  /** Prints it for people. */
  void print(PrintWriter out) {
    out.println(Invisible.shown(tag) + (tag.equals(folded) ? "" : " -> " + folded));
    out.println("  " + (canonical == null ? "dropped" : "kept as " + canonical) + ": " + reason);
    for (Meaning synset : synsets) {
      out.printf(
          Locale.ROOT,
          "  %s %s  %s%s, count %d as %s'%s': %s%n",
          synset.chosen() ? "*" : " ",
          synset.id(),
          String.join(", ", synset.lemmas()),
          synset.name().equals(canonical) ? "" : " (" + synset.name() + ")",
          synset.count(),
          synset.plural() ? "plural of " : "",
          synset.lemma(),
          synset.gloss());
    }
  }
}
