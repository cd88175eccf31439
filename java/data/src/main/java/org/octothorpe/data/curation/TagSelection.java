package org.octothorpe.data.curation;

import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The tags that an image keeps: each replaced by its canonical tag, the others dropped, each once,
 * in the order of the first. An image that keeps none is left out.
 */
public final class TagSelection {
  private final TagRule rule;
  private final Predicate<String> selected;

  /**
   * Makes a selection.
   *
   * @param rule what becomes of a tag
   * @param selected whether a canonical tag is selected
   */
  public TagSelection(TagRule rule, Predicate<String> selected) {
    this.rule = rule;
    this.selected = selected;
  }

  /** Returns the canonical tags that are kept of folded ones. */
  public List<String> select(Collection<String> tags) {
    Set<String> kept = new LinkedHashSet<>();
    for (String tag : tags) {
      String canonical = rule.treat(tag).canonical();
      if (canonical != null && selected.test(canonical)) {
        kept.add(canonical);
      }
    }
    return List.copyOf(kept);
  }
}
