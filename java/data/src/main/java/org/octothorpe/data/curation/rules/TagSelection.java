package org.octothorpe.data.curation.rules;

import java.io.Serializable;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The tags that an image keeps: each replaced by its canonical tag, the others dropped, each once,
 * in the order of the first. An image that keeps none is left out.
 */
public final class TagSelection implements Serializable {
  private static final long serialVersionUID = 1L;

  private final TagRule rule;
  private final Set<String> selected;

  /**
   * Makes a selection.
   *
   * @param rule what becomes of a tag
   * @param selected the canonical tags that are selected
   */
  public TagSelection(TagRule rule, Collection<String> selected) {
    this.rule = rule;
    this.selected = new HashSet<>(selected);
  }

  /** Returns the canonical tags that are kept of folded ones. */
  public List<String> select(Collection<String> tags) {
    Set<String> kept = new LinkedHashSet<>();
    for (String tag : tags) {
      String canonical = rule.treat(tag).canonical();
      if (canonical != null && selected.contains(canonical)) {
        kept.add(canonical);
      }
    }
    return List.copyOf(kept);
  }
}
