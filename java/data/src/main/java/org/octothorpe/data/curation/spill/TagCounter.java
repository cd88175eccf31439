package org.octothorpe.data.curation.spill;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.octothorpe.data.tags.Hashtags;

/**
 * Counts of any number of distinct tags in bounded memory: what does not fit is written to disk as
 * sorted runs, which are merged at the end. For one thread; the counts of several are merged.
 */
public final class TagCounter {
  // Of an entry of the map beside its letters: entry, count, string, array, and its share of the
  // table.
  private static final long ENTRY_BYTES = 150;
  private static final int MAX_RUNS = 64; // files open at once while they are merged
  private static final Object MERGING = new Object(); // one merge at a time has them open

  private final Path folder;
  private final String name;
  private final long memory;
  private final List<Path> runs = new ArrayList<>();
  private Map<String, long[]> counts = new HashMap<>();
  private long bytes;
  private int written;

  /**
   * Makes an empty counter.
   *
   * @param folder where runs go
   * @param name of the runs, which no other counter in the folder has
   * @param memory bytes to use at most, about
   */
  public TagCounter(Path folder, String name, long memory) {
    this.folder = folder;
    this.name = name;
    this.memory = memory;
  }

  /** Counts an image of a tag. */
  public void add(String tag) throws IOException {
    long[] count = counts.get(tag);
    if (count != null) {
      count[0]++;
      return;
    }
    counts.put(tag, new long[] {1});
    bytes += ENTRY_BYTES + 2L * tag.length();
    if (bytes > memory) {
      spill();
    }
  }

  /** Returns how many runs were written, for tests. */
  int written() {
    return written;
  }

  private void spill() throws IOException {
    try (TagRun.Cursor all = sorted()) {
      runs.add(write(all));
    }
    counts = new HashMap<>();
    bytes = 0;
    if (runs.size() == MAX_RUNS) {
      Path merged = merged(runs);
      runs.clear();
      runs.add(merged);
    }
  }

  /** Writes one run in place of several. */
  private Path merged(List<Path> several) throws IOException {
    synchronized (MERGING) {
      List<TagRun.Cursor> cursors = new ArrayList<>();
      for (Path run : several) {
        cursors.add(TagRun.open(run));
      }
      Path merged;
      try (TagRun.Cursor all = new MergedTags(cursors)) {
        merged = write(all);
      }
      for (Path run : several) {
        TagRun.delete(run);
      }
      return merged;
    }
  }

  private Path write(TagRun.Cursor all) throws IOException {
    Path run = folder.resolve(name + "-" + written++);
    TagRun.write(run, all);
    return run;
  }

  private TagRun.Cursor sorted() {
    return TagRun.of(
        counts.entrySet().stream()
            .map(entry -> new TagCount(entry.getKey(), entry.getValue()[0]))
            .sorted((a, b) -> Hashtags.BY_CODE_POINT.compare(a.tag(), b.tag()))
            .toList());
  }

  /** Returns the sums of counters in code point order of the tags; they count no further. */
  public static TagRun.Cursor merge(List<TagCounter> counters) throws IOException {
    List<TagRun.Cursor> cursors = new ArrayList<>();
    Deque<Path> runs = new ArrayDeque<>();
    for (TagCounter counter : counters) {
      runs.addAll(counter.runs);
      counter.runs.clear();
      cursors.add(counter.sorted());
    }
    while (runs.size() > MAX_RUNS) {
      List<Path> first = Stream.generate(runs::remove).limit(MAX_RUNS).toList();
      runs.add(counters.get(0).merged(first));
    }
    counters.get(0).runs.addAll(runs);
    for (Path run : runs) {
      cursors.add(TagRun.open(run));
    }
    return new MergedTags(cursors);
  }
}
