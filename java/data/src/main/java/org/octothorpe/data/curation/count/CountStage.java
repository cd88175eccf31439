package org.octothorpe.data.curation.count;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.octothorpe.data.curation.rules.TagEvidence;
import org.octothorpe.data.curation.spill.IdPartitions;
import org.octothorpe.data.curation.spill.TagCounter;
import org.octothorpe.data.curation.spill.TagRun;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.rows.Row;
import org.octothorpe.data.rows.RowFile;
import org.octothorpe.data.samples.SampleKey;
import org.octothorpe.data.samples.SampleName;

/** The first reading of the input: how many images carry each tag, and the evidence. */
public final class CountStage {
  private final TagEvidence evidence;
  private final List<TagCounter> raw = new ArrayList<>();
  private final List<TagCounter> keys = new ArrayList<>();
  private final List<Histogram> tagsPerImage = new ArrayList<>();
  private final AtomicLong rows = new AtomicLong();

  /**
   * Makes the counters.
   *
   * @param folder for what does not fit in memory; made here
   * @param memory bytes to use at most, about
   */
  public CountStage(TagEvidence evidence, Path folder, int threads, long memory)
      throws IOException {
    this.evidence = evidence;
    Files.createDirectories(folder);
    long share = memory / (2L * threads);
    for (int i = 0; i < threads; i++) {
      raw.add(new TagCounter(folder, "raw-" + i, share));
      keys.add(new TagCounter(folder, "evidence-" + i, share));
      tagsPerImage.add(new Histogram());
    }
  }

  /**
   * Counts all rows that take part.
   *
   * @param exclusions receives the rows that take no part, too
   * @param dropped receives those that a list drops
   * @param ids receives the ids; null to ask for none
   */
  public void run(
      Scan scan,
      List<RowFile> files,
      DropLists drops,
      boolean needImages,
      BadSamples bad,
      Exclusions exclusions,
      DroppedRows dropped,
      @Nullable IdPartitions ids)
      throws IOException {
    scan.run(
        "counting tags",
        needImages,
        bad,
        (row, file, worker) -> {
          if (exclusions.contains(file, row.position())) {
            return;
          }
          SampleName drop = drops.find(files.get(file), row);
          if (drop != null) {
            dropped.add(drop);
            exclusions.add(file, row.position());
            return;
          }
          String obstacle = needImages ? row.image().fault(row.content()) : "";
          if (!obstacle.isEmpty()) {
            bad.add(files.get(file).path() + ": " + row.place(), obstacle);
            exclusions.add(file, row.position());
            return;
          }
          if (ids != null) {
            ids.add(SampleKey.of(row.id()), file, row.position());
          }
          count(row, worker);
        });
  }

  private void count(Row row, int worker) throws IOException {
    rows.incrementAndGet();
    tagsPerImage.get(worker).add(row.tags().size());
    for (String tag : row.tags()) {
      raw.get(worker).add(tag);
    }
    evidence.of(row.tags(), keys.get(worker)::add);
  }

  /** Returns the number of rows that take part. */
  public long rows() {
    return rows.get();
  }

  /** Returns how many rows have 0, 1, 2, ... tags. */
  public List<Long> tagsPerImage() {
    Histogram sum = new Histogram();
    tagsPerImage.forEach(sum::add);
    return sum.counts();
  }

  /** Returns the tags as read, in code point order. */
  public TagRun.Cursor rawTags() throws IOException {
    return TagCounter.merge(raw);
  }

  /** Returns the keys of the evidence, in code point order. */
  public TagRun.Cursor evidence() throws IOException {
    return TagCounter.merge(keys);
  }
}
