package org.octothorpe.data.curation;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import org.octothorpe.data.curation.rules.TagRule;
import org.octothorpe.data.curation.rules.Treatment;
import org.octothorpe.data.curation.select.TagStatistics;
import org.octothorpe.data.curation.spill.TagCount;
import org.octothorpe.data.curation.spill.TagRun;
import org.octothorpe.data.sources.Sources;
import org.octothorpe.data.tags.Hashtags;
import org.octothorpe.internal.AtomicFiles;

/**
 * What became of every tag of the input: {@code tags.csv}, and in memory the merges and the most
 * frequent drops.
 */
final class TagTable {
  static final String FILE = Sources.CURATED_TAGS;

  private static final Comparator<TagCount> RAREST_FIRST =
      Comparator.comparingLong(TagCount::images)
          .thenComparing(TagCount::tag, Hashtags.BY_CODE_POINT.reversed());

  private static final Comparator<CurationReport.Drop> BY_IMAGES =
      Comparator.comparing(drop -> new TagCount(drop.tag(), drop.images()), RAREST_FIRST);

  /** The most frequent spellings of a canonical tag. */
  private static final class Spellings {
    private final PriorityQueue<TagCount> most = new PriorityQueue<>(RAREST_FIRST);
    private long count;

    void add(TagCount tag) {
      count++;
      most.add(tag);
      if (most.size() > CurationReport.LISTED_SPELLINGS) {
        most.remove();
      }
    }
  }

  private final TagRule rule;
  private final TagStatistics statistics;
  private final Set<String> frequent;
  private final long minCount;
  private final Map<String, Spellings> spellings = new HashMap<>();
  private final PriorityQueue<CurationReport.Drop> drops = new PriorityQueue<>(BY_IMAGES);
  private long tags;
  private long dropped;

  /**
   * Prepares the table.
   *
   * @param frequent the canonical tags of at least {@code minCount} images
   */
  TagTable(TagRule rule, TagStatistics statistics, Set<String> frequent, long minCount) {
    this.rule = rule;
    this.statistics = statistics;
    this.frequent = frequent;
    this.minCount = minCount;
  }

  /** Writes the table of all tags. */
  void write(Path folder, TagRun.Cursor all) throws IOException {
    AtomicFiles.write(
        folder.resolve(FILE),
        out -> {
          Writer writer = new BufferedWriter(new OutputStreamWriter(out, StandardCharsets.UTF_8));
          writer.write("tag,images,canonical,reason\n");
          for (TagCount tag = all.next(); tag != null; tag = all.next()) {
            write(writer, tag);
          }
          writer.flush();
        });
  }

  private void write(Writer writer, TagCount tag) throws IOException {
    Treatment treatment = rule.treat(tag.tag());
    String canonical = treatment.canonical();
    String reason = treatment.reason();
    tags++;
    if (canonical != null && statistics.id(canonical) >= 0) {
      spellings.computeIfAbsent(canonical, key -> new Spellings()).add(tag);
    } else {
      if (canonical != null) {
        reason =
            (frequent.contains(canonical)
                    ? "beyond the size of the vocabulary"
                    : "on fewer than " + minCount + " images")
                + (canonical.equals(tag.tag()) ? "" : ", as '" + canonical + "'");
        canonical = null;
      }
      dropped++;
      drops.add(new CurationReport.Drop(tag.tag(), tag.images(), reason));
      if (drops.size() > CurationReport.LISTED_DROPS) {
        drops.remove();
      }
    }
    writer.write(
        String.format(
            Locale.ROOT,
            "%s,%d,%s,%s\n",
            quoted(tag.tag()),
            tag.images(),
            canonical == null ? "" : quoted(canonical),
            quoted(reason)));
  }

  static String quoted(String field) {
    return field.matches("[^,\"\r\n]*") ? field : '"' + field.replace("\"", "\"\"") + '"';
  }

  /** Returns the number of different tags. */
  long tags() {
    return tags;
  }

  /** Returns the number of different tags that were dropped. */
  long dropped() {
    return dropped;
  }

  /** Returns the canonical tags that stand for another spelling, most images first. */
  List<CurationReport.Merge> merges() {
    List<CurationReport.Merge> merges = new ArrayList<>();
    spellings.forEach(
        (canonical, of) -> {
          List<TagCount> most = of.most.stream().sorted(RAREST_FIRST.reversed()).toList();
          if (of.count > 1 || !most.get(0).tag().equals(canonical)) {
            long images = statistics.images(statistics.id(canonical));
            merges.add(new CurationReport.Merge(canonical, images, most, of.count - most.size()));
          }
        });
    merges.sort(
        Comparator.comparing(
            merge -> new TagCount(merge.canonical(), merge.images()), RAREST_FIRST.reversed()));
    return merges;
  }

  /** Returns the most frequent drops, most images first. */
  List<CurationReport.Drop> drops() {
    return drops.stream().sorted(BY_IMAGES.reversed()).toList();
  }
}
