package org.octothorpe.spark;

import java.io.IOException;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.octothorpe.data.curation.rules.TagEvidence;
import scala.Tuple2;

/** Counts of the tags of one file, or of the keys of the evidence that they give. */
final class TagsOfFile {
  private final @Nullable TagEvidence evidence;
  private final Map<String, Long> counts = new HashMap<>();

  TagsOfFile(@Nullable TagEvidence evidence) {
    this.evidence = evidence;
  }

  void add(Collection<String> tags) throws IOException {
    if (evidence == null) {
      tags.forEach(this::count);
    } else {
      evidence.of(tags, this::count);
    }
  }

  private void count(String key) {
    counts.merge(key, 1L, Long::sum);
  }

  Iterator<Tuple2<String, Long>> pairs() {
    return counts.entrySet().stream()
        .map(entry -> new Tuple2<>(entry.getKey(), entry.getValue()))
        .iterator();
  }
}
