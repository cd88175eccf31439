package org.octothorpe.data.curation.select;

import java.io.Serializable;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The selected tags, in the order of their class ids, and how many kept images carry each. */
public final class TagStatistics implements Serializable {
  private static final long serialVersionUID = 1L;

  private final List<String> tags;
  private final long[] images;
  private final long total;
  private final Map<String, Integer> ids = new HashMap<>();

  /**
   * Makes statistics.
   *
   * @param tags the selected tags
   * @param counts images of each tag; those of other tags are ignored, a tag without any has 0
   * @param total images that carry at least one of the selected tags
   */
  public TagStatistics(List<String> tags, Map<String, Long> counts, long total) {
    this.tags = List.copyOf(tags);
    this.total = total;
    this.images = new long[tags.size()];
    for (String tag : this.tags) {
      images[ids.size()] = counts.getOrDefault(tag, 0L);
      if (ids.put(tag, ids.size()) != null) {
        throw new IllegalArgumentException("the tag '" + tag + "' is selected twice");
      }
    }
  }

  /** Returns the tags. */
  public List<String> tags() {
    return tags;
  }

  /** Returns the images of the set. */
  public long total() {
    return total;
  }

  /** Returns the class id of a tag, or -1 if it is not selected. */
  public int id(String tag) {
    return ids.getOrDefault(tag, -1);
  }

  /** Returns the number of images that carry tag {@code id}. */
  public long images(int id) {
    return images[id];
  }
}
