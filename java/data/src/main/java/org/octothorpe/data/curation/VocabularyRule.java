package org.octothorpe.data.curation;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.octothorpe.data.Vocabulary;
import org.octothorpe.data.curation.rules.CanonicalTags;
import org.octothorpe.data.curation.rules.EveryTag;
import org.octothorpe.data.curation.rules.ListedTags;
import org.octothorpe.data.curation.rules.SenseChoice;
import org.octothorpe.data.curation.rules.TagEvidence;
import org.octothorpe.data.curation.rules.TagRule;
import org.octothorpe.data.curation.senses.NeighborTags;
import org.octothorpe.data.curation.senses.Overrides;
import org.octothorpe.data.curation.senses.SenseRule;
import org.octothorpe.data.curation.senses.SynsetList;
import org.octothorpe.data.curation.senses.SynsetTags;
import org.octothorpe.data.tags.Hashtags;

/**
 * Which hashtags become classes, and in which order: what becomes of each tag, and which of the
 * canonical tags are frequent enough.
 *
 * <p>An option names it:
 *
 * <ul>
 *   <li>{@code wordnet}: tags of any noun of WordNet 3.0, merged by synset;
 *   <li>{@code wordnet-top:N}: the N most frequent of these;
 *   <li>{@code synsets:FILE}: tags of the synsets in a file, an id such as {@code n02132136} a
 *       line;
 *   <li>{@code top:N}: the N most frequent tags as they are;
 *   <li>{@code file:F}: the tags of a file, one per line, as they are.
 * </ul>
 */
public final class VocabularyRule {
  private static final String WORDNET = "wordnet";
  private static final String WORDNET_TOP = "wordnet-top:";
  private static final String SYNSETS = "synsets:";
  private static final String TOP = "top:";
  private static final String FILE = "file:";
  private static final Pattern FORM =
      Pattern.compile("wordnet|(wordnet-)?top:0*[1-9][0-9]{0,8}|(synsets|file):.+", Pattern.DOTALL);

  private final TagRule tagRule;
  private final @Nullable List<String> listed;
  private final int limit;
  private final long minCount;

  private VocabularyRule(TagRule tagRule, @Nullable List<String> listed, int limit, long minCount) {
    this.tagRule = tagRule;
    this.listed = listed;
    this.limit = limit;
    this.minCount = minCount;
  }

  /**
   * Returns the rule that an option names; tags of at least one image are frequent enough.
   *
   * @param overrides a file of lines {@code tag<TAB>n02012849}, the synsets of tags whose most
   *     frequent meaning is not the one wanted, or {@code tag<TAB>-} for tags to drop; null for
   *     none
   * @throws IllegalArgumentException for an unknown form of the option, or a malformed file
   */
  public static VocabularyRule parse(String option, @Nullable Path overrides) throws IOException {
    checkOption(option);
    if (overrides != null && !merges(option)) {
      throw new IllegalArgumentException(
          "overrides choose among the synsets of a tag, but the vocabulary '"
              + option
              + "' takes tags as they are");
    }
    String argument = option.substring(option.indexOf(':') + 1);
    if (option.startsWith(FILE)) {
      List<String> tags = Vocabulary.read(Path.of(argument)).tags();
      return new VocabularyRule(new ListedTags(tags), tags, tags.size(), 1);
    }
    if (option.startsWith(TOP)) {
      return new VocabularyRule(new EveryTag(), null, Integer.parseInt(argument), 1);
    }
    Set<String> synsets = option.startsWith(SYNSETS) ? SynsetList.read(Path.of(argument)) : null;
    int limit = option.startsWith(WORDNET_TOP) ? Integer.parseInt(argument) : Integer.MAX_VALUE;
    SynsetTags tags =
        new SynsetTags(overrides == null ? new Overrides() : Overrides.read(overrides), synsets);
    return new VocabularyRule(tags, null, limit, 1);
  }

  /**
   * Checks that {@link #parse} knows the form of an option.
   *
   * @throws IllegalArgumentException if not
   */
  public static void checkOption(String option) {
    if (!FORM.matcher(option).matches()) {
      throw new IllegalArgumentException(
          "vocabulary is '"
              + option
              + "', but must be wordnet, wordnet-top:N, synsets:FILE, top:N (N >= 1) or file:F");
    }
  }

  /** Returns whether an option of a known form merges tags by their WordNet synsets. */
  public static boolean merges(String option) {
    return option.startsWith(WORDNET) || option.startsWith(SYNSETS);
  }

  /**
   * Returns this rule for canonical tags of at least a number of images; 0 keeps every tag of a
   * file, so that its class ids are the numbers of its lines.
   */
  public VocabularyRule atLeast(long images) {
    if (images < 0) {
      throw new IllegalArgumentException("minimum count is " + images + ", but must be >= 0");
    }
    return new VocabularyRule(tagRule, listed, limit, images);
  }

  /** Returns what becomes of a tag before anything is known of the images. */
  public TagRule tagRule() {
    return tagRule;
  }

  /**
   * Returns what became of some folded tags in a set that was made by this rule, by its table of
   * senses.
   *
   * @param set the set's folder
   * @throws IllegalArgumentException if this rule takes tags as they are
   */
  public TagRule tagRule(Path set, Collection<String> tags) throws IOException {
    if (!(tagRule instanceof SynsetTags synsets)) {
      throw new IllegalArgumentException(
          "the vocabulary takes tags as they are: no set has senses");
    }
    Map<String, SenseChoice> choices = new HashMap<>();
    for (String tag : tags) {
      SenseChoice choice = SenseTable.find(set, tag);
      if (choice != null) {
        choices.put(SynsetTags.word(synsets.candidates(tag)), choice);
      }
    }
    return synsets.with(choices);
  }

  /** Returns what to count of the input so that it decides what becomes of each tag. */
  TagEvidence evidence(SenseRule senses) {
    return senses == SenseRule.CONTEXT && tagRule instanceof SynsetTags synsets
        ? new NeighborTags(synsets)
        : new CanonicalTags(tagRule);
  }

  /**
   * Returns the canonical tags that become classes, in the order of their class ids: the order of
   * the file if there is one, otherwise the most frequent first, ties in code point order.
   *
   * @param counts the number of images of each canonical tag
   */
  public List<String> select(Map<String, Long> counts) {
    List<String> tags = listed;
    return tags == null
        ? Hashtags.mostFrequent(counts, limit, minCount)
        : tags.stream().filter(tag -> counts.getOrDefault(tag, 0L) >= minCount).toList();
  }
}
