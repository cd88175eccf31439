package org.octothorpe.data.curation;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.octothorpe.data.Hashtags;
import org.octothorpe.data.Vocabulary;

/**
 * Which hashtags become classes, and in which order: what becomes of each tag, and which of the
 * canonical tags are frequent enough.
 *
 * <p>An option names it: {@code top:N}, the N most frequent tags as they are, or {@code file:F},
 * the tags of a file, one a line.
 */
public final class VocabularyRule {
  private static final String TOP = "top:";
  private static final String FILE = "file:";

  private final TagRule tagRule;
  private final @Nullable List<String> listed;
  private final int limit;
  private final long minCount;

  private VocabularyRule(
      TagRule tagRule, @Nullable List<String> listed, int limit, long minCount) {
    this.tagRule = tagRule;
    this.listed = listed;
    this.limit = limit;
    this.minCount = minCount;
  }

  /**
   * Returns the rule that an option names; tags of at least one image are frequent enough.
   *
   * @param overrides a file with the synsets of tags that WordNet's order of senses gets wrong, or
   *     null for none
   * @throws IllegalArgumentException for an unknown form of the option, or a malformed file
   */
  public static VocabularyRule parse(String option, @Nullable Path overrides) throws IOException {
    checkOption(option);
    if (overrides != null) {
      throw new IllegalArgumentException(
          "overrides choose among the synsets of a tag, but the vocabulary '"
              + option
              + "' takes tags as they are");
    }
    if (option.startsWith(FILE)) {
      List<String> tags = Vocabulary.read(Path.of(option.substring(FILE.length()))).tags();
      return new VocabularyRule(new ListedTags(tags), tags, tags.size(), 1);
    }
    int limit = Integer.parseInt(option.substring(TOP.length()));
    return new VocabularyRule(new EveryTag(), null, limit, 1);
  }

  /**
   * Returns if {@link #parse} knows the form of an option.
   *
   * @throws IllegalArgumentException if not
   */
  public static void checkOption(String option) {
    Vocabulary.checkOption(option);
  }

  /**
   * Returns this rule for canonical tags of at least so many images; 0 keeps every tag of a file,
   * so that its class ids are the numbers of its lines.
   */
  public VocabularyRule atLeast(long images) {
    if (images < 0) {
      throw new IllegalArgumentException("minimum count is " + images + ", but must be >= 0");
    }
    return new VocabularyRule(tagRule, listed, limit, images);
  }

  /** Returns what becomes of a tag before its frequency is known. */
  public TagRule tagRule() {
    return tagRule;
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
