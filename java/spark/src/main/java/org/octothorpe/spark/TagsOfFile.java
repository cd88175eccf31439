package org.octothorpe.spark;

import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.octothorpe.data.curation.TagRule;
import scala.Tuple2;

/** Counts of the tags of one file, as they are or as a rule replaces them: each once an image. */
final class TagsOfFile {
  private final @Nullable TagRule rule;
  private final Map<String, Long> counts = new HashMap<>();

  TagsOfFile(@Nullable TagRule rule) {
    this.rule = rule;
  }

  void add(Collection<String> tags) {
    if (rule == null) {
      tags.forEach(tag -> counts.merge(tag, 1L, Long::sum));
      return;
    }
    Set<String> distinct = new HashSet<>();
    for (String tag : tags) {
      String canonical = rule.treat(tag).canonical();
      if (canonical != null && distinct.add(canonical)) {
        counts.merge(canonical, 1L, Long::sum);
      }
    }
  }

  Iterator<Tuple2<String, Long>> pairs() {
    return counts.entrySet().stream()
        .map(entry -> new Tuple2<>(entry.getKey(), entry.getValue()))
        .iterator();
  }
}
