package org.octothorpe.data.curation.rules;

import java.io.IOException;
import java.io.Serializable;
import java.util.Collection;
import java.util.List;
import org.octothorpe.data.curation.spill.TagCounts;

/**
 * What the first reading counts of an image beside its tags as they are, so that what becomes of
 * each tag is known after it, and how many images each canonical tag has. A pure function of the
 * image's tags, the same in every thread and process.
 */
public interface TagEvidence extends Serializable {
  /** A count of the images of each key. */
  @FunctionalInterface
  interface Counter {
    /** Counts one image of a key. */
    void add(String key) throws IOException;
  }

  /**
   * What follows from all images.
   *
   * @param rule what becomes of a tag
   * @param canonical the images of each canonical tag
   * @param senses what was chosen for the tags that may mean several things, in code point order of
   *     the tags
   */
  record Conclusion(TagRule rule, TagCounts canonical, List<SenseChoice> senses) {
    /** Copies the list. */
    public Conclusion {
      senses = List.copyOf(senses);
    }
  }

  /** Passes on the keys of an image. */
  void of(Collection<String> tags, Counter counter) throws IOException;

  /**
   * Returns what follows from the counts of all images.
   *
   * @param rows how many were counted
   * @param raw their tags as read
   * @param counts the keys that {@link #of} passed on
   */
  Conclusion conclude(long rows, TagCounts raw, TagCounts counts) throws IOException;
}
