package org.octothorpe.data.curation;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import org.octothorpe.data.curation.count.DropLists;
import org.octothorpe.data.curation.rules.SenseChoice;
import org.octothorpe.data.curation.select.Resampling;
import org.octothorpe.data.curation.select.TagStatistics;
import org.octothorpe.data.curation.spill.TagCount;
import org.octothorpe.data.curation.write.EpochTally;

/**
 * What a curation did, in numbers. The names in its file are those of the first version.
 *
 * @param counts of rows, images and tags
 * @param tags the selected tags, in the order of their class ids
 * @param tagsPerImageBefore how many rows have 0, 1, 2, ... tags as read; the last: or more
 * @param tagsPerImageAfter how many images of the set have 0, 1, 2, ... tags; the last: or more
 * @param merges canonical tags that stand for other spellings, most images first
 * @param dropLists what became of the lists of images to leave out
 * @param drops the most frequent tags that were dropped
 * @param senses what was chosen for tags of several meanings
 */
public record CurationReport(
    Counts counts,
    List<Tag> tags,
    @JsonProperty("tagsAnImageBefore") List<Long> tagsPerImageBefore,
    @JsonProperty("tagsAnImageAfter") List<Long> tagsPerImageAfter,
    List<Merge> merges,
    List<DropLists.Outcome> dropLists,
    List<Drop> drops,
    Senses senses) {
  /** The most tags that {@link #drops} lists. */
  public static final int LISTED_DROPS = 100;

  /** The most tags that {@link Senses} lists. */
  public static final int LISTED_SENSES = 200;

  /** The most spellings that a {@link Merge} lists. */
  public static final int LISTED_SPELLINGS = 12;

  /**
   * Sums. Each row counts once: {@code rows = images + badRows + imagesWithoutTag + droppedImages}.
   *
   * @param rows that were read, broken ones among them
   * @param badRows left out: broken, without their image, or with the id of an earlier row
   * @param duplicateIds of those, the ones with the id of an earlier row
   * @param droppedImages rows left out because a list says so
   * @param images of the set
   * @param imagesWithoutTag rows left out because they carry no selected tag
   * @param distinctTags different folded tags in the input
   * @param canonicalTags different canonical tags in the input
   * @param selectedTags tags of the vocabulary
   * @param droppedTags different folded tags that were dropped
   * @param tags on all images of the set together, before noise
   * @param replacedTags of those, replaced by noise
   * @param expectedEpochImages images of an epoch on average: the sum of all repeat factors
   * @param firstEpochImages images of epoch 0 of the seed
   */
  public record Counts(
      long rows,
      long badRows,
      long duplicateIds,
      long droppedImages,
      long images,
      long imagesWithoutTag,
      long distinctTags,
      long canonicalTags,
      long selectedTags,
      long droppedTags,
      long tags,
      long replacedTags,
      double expectedEpochImages,
      long firstEpochImages) {}

  /**
   * A selected tag.
   *
   * @param tag canonical
   * @param images that carry it, before resampling and noise
   * @param repeat r(h)
   * @param expectedImages in an epoch on average, with noise
   * @param firstEpochImages in epoch 0 of the seed, with noise
   */
  public record Tag(
      String tag, long images, double repeat, double expectedImages, long firstEpochImages) {
    /** Returns what became of the tags, in the order of their class ids. */
    static List<Tag> of(TagStatistics statistics, Resampling resampling, EpochTally epoch) {
      return statistics.tags().stream()
          .map(
              tag -> {
                int id = statistics.id(tag);
                return new Tag(
                    tag,
                    statistics.images(id),
                    resampling.ofTag(id),
                    epoch.expectedImages(id),
                    epoch.firstEpochImages(id));
              })
          .toList();
    }
  }

  /**
   * A canonical tag that stands for other spellings.
   *
   * @param canonical the tag
   * @param images that carry any of them
   * @param spellings the most frequent ones, itself included
   * @param others how many more spellings there are
   */
  public record Merge(String canonical, long images, List<TagCount> spellings, long others) {}

  /**
   * A tag that was dropped.
   *
   * @param tag folded
   * @param images that carry it
   * @param reason why
   */
  public record Drop(String tag, long images, String reason) {}

  /**
   * What was chosen for the tags of several meanings by the tags beside them.
   *
   * @param tags how many there are; 0 if nothing was chosen
   * @param changed those that do not stand for their most frequent meaning
   * @param most the ones among these that are on most images, most first
   */
  public record Senses(long tags, long changed, List<SenseChoice> most) {}
}
