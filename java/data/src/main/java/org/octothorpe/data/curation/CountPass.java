package org.octothorpe.data.curation;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.octothorpe.data.BadSamples;
import org.octothorpe.data.ImageKey;
import org.octothorpe.data.Row;
import org.octothorpe.data.duplicates.ImageName;

/** The first reading of the input: how many images carry each tag, and the evidence. */
final class CountPass {
  private final TagEvidence evidence;
  private final List<TagCounter> raw = new ArrayList<>();
  private final List<TagCounter> keys = new ArrayList<>();
  private final List<Histogram> tagsAnImage = new ArrayList<>();
  private final AtomicLong rows = new AtomicLong();

  /**
   * Makes the counters.
   *
   * @param folder for what does not fit in memory; made here
   * @param memory bytes to use at most, about
   */
  CountPass(TagEvidence evidence, Path folder, int threads, long memory) throws IOException {
    this.evidence = evidence;
    Files.createDirectories(folder);
    long share = memory / (2L * threads);
    for (int i = 0; i < threads; i++) {
      raw.add(new TagCounter(folder, "raw-" + i, share));
      keys.add(new TagCounter(folder, "evidence-" + i, share));
      tagsAnImage.add(new Histogram());
    }
  }

  /**
   * Counts all rows that take part.
   *
   * @param exclusions receives the rows that take no part, too
   * @param dropped receives those that a list drops
   * @param ids receives the ids; null to ask for none
   */
  void run(
      Scan scan,
      CurationEngine.Input input,
      BadSamples bad,
      Exclusions exclusions,
      DroppedRows dropped,
      @Nullable IdPartitions ids)
      throws IOException {
    boolean needImages = input.needsImages();
    scan.run(
        "counting tags",
        needImages,
        bad,
        (row, file, worker) -> {
          if (exclusions.contains(file, row.position())) {
            return;
          }
          ImageName drop = input.drops().find(input.files().get(file), row);
          if (drop != null) {
            dropped.add(drop);
            exclusions.add(file, row.position());
            return;
          }
          String obstacle = needImages ? row.image().fault(row.content()) : "";
          if (!obstacle.isEmpty()) {
            bad.add(input.files().get(file).path() + ": " + row.place(), obstacle);
            exclusions.add(file, row.position());
            return;
          }
          if (ids != null) {
            ids.add(ImageKey.of(row.id()), file, row.position());
          }
          count(row, worker);
        });
  }

  private void count(Row row, int worker) throws IOException {
    rows.incrementAndGet();
    tagsAnImage.get(worker).add(row.tags().size());
    for (String tag : row.tags()) {
      raw.get(worker).add(tag);
    }
    evidence.of(row.tags(), keys.get(worker)::add);
  }

  /** Returns the number of rows that take part. */
  long rows() {
    return rows.get();
  }

  List<Long> tagsAnImage() {
    Histogram sum = new Histogram();
    tagsAnImage.forEach(sum::add);
    return sum.counts();
  }

  /** Returns the tags as read, in code point order. */
  TagRun.Cursor rawTags() throws IOException {
    return TagCounter.merge(raw);
  }

  /** Returns the keys of the evidence, in code point order. */
  TagRun.Cursor evidence() throws IOException {
    return TagCounter.merge(keys);
  }
}
