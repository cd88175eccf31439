package org.octothorpe.data.curation.rules;

import java.io.Serializable;

/**
 * What becomes of a hashtag: the canonical tag that it is merged into, or nothing. A pure function
 * of the tag, the same in every thread and process.
 */
public interface TagRule extends Serializable {
  /**
   * Returns what becomes of a tag.
   *
   * @param tag a hashtag, folded by {@link org.octothorpe.data.tags.Hashtags#fold}, not empty
   */
  Treatment treat(String tag);
}
