package org.octothorpe.data.curation.rules;

import java.util.Collection;
import java.util.HashSet;

/** The rule of a vocabulary that lists its tags. */
public final class ListedTags implements TagRule {
  private static final long serialVersionUID = 1L;

  private final HashSet<String> tags;

  /** Makes the rule of these folded tags. */
  public ListedTags(Collection<String> tags) {
    this.tags = new HashSet<>(tags);
  }

  @Override
  public Treatment treat(String tag) {
    return tags.contains(tag)
        ? new Treatment(tag, tag, "in the list of tags")
        : new Treatment(tag, null, "not in the list of tags");
  }
}
