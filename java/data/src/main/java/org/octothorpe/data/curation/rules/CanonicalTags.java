package org.octothorpe.data.curation.rules;

import java.io.IOException;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.octothorpe.data.curation.spill.TagCounts;

/** The evidence of a rule that is known beforehand: the canonical tags of an image. */
public record CanonicalTags(TagRule rule) implements TagEvidence {
  private static final long serialVersionUID = 1L;

  @Override
  public void of(Collection<String> tags, Counter counter) throws IOException {
    Set<String> distinct = new HashSet<>();
    for (String tag : tags) {
      String canonical = rule.treat(tag).canonical();
      if (canonical != null && distinct.add(canonical)) {
        counter.add(canonical);
      }
    }
  }

  @Override
  public Conclusion conclude(long rows, TagCounts raw, TagCounts counts) {
    return new Conclusion(rule, counts, List.of());
  }
}
