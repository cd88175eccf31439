package org.octothorpe.data.curation;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.octothorpe.data.BadSamples;
import org.octothorpe.data.ImageKey;
import org.octothorpe.data.RepeatFactor;
import org.octothorpe.data.Row;
import org.octothorpe.data.RowFile;

/**
 * The third reading of the input: writes the files of the set, several at once. A file that is
 * there already is complete, and only counted.
 */
final class WritePass {
  /**
   * Sums of repeat factors are whole multiples of this, so that no order of adding changes them.
   */
  private static final double UNIT = 0x1p-20;

  private final List<RowFile> files;
  private final CurationSettings settings;
  private final Exclusions exclusions;
  private final TagSelection selection;
  private final ShardPlan plan;
  private final TagStatistics statistics;
  private final Resampling resampling;
  private final LabelNoise noise;
  private final RepeatFactor epoch;
  private final AtomicLong replaced = new AtomicLong();
  private final AtomicLong expectedUnits = new AtomicLong();
  private final AtomicLong copies = new AtomicLong();
  private final AtomicLongArray tagUnits;
  private final AtomicLongArray tagCopies;

  WritePass(
      List<RowFile> files,
      CurationSettings settings,
      Exclusions exclusions,
      TagSelection selection,
      ShardPlan plan,
      TagStatistics statistics) {
    this.files = files;
    this.settings = settings;
    this.exclusions = exclusions;
    this.selection = selection;
    this.plan = plan;
    this.statistics = statistics;
    this.resampling = new Resampling(settings.sampling(), settings.threshold(), statistics);
    this.noise = new LabelNoise(settings.noise(), settings.seed(), statistics);
    this.epoch = RepeatFactor.ofEpoch(settings.seed(), 0);
    this.tagUnits = new AtomicLongArray(statistics.tags().size());
    this.tagCopies = new AtomicLongArray(statistics.tags().size());
  }

  long outputs() {
    return (plan.images() + settings.shardSize() - 1) / settings.shardSize();
  }

  void run(Path folder, int threads, CurationListener listener) throws IOException {
    AtomicLong done = new AtomicLong();
    Workers.run(
        threads,
        Math.toIntExact(outputs()),
        (output, worker) -> {
          Path target = folder.resolve(settings.format().fileName(output));
          if (Files.exists(target)) {
            readImages(output, false, image -> {});
          } else {
            ImageSink.write(settings.format(), target, sink -> readImages(output, true, sink));
          }
          listener.onProgress(
              "writing images",
              done.addAndGet(end(output) - output * settings.shardSize()),
              plan.images());
        });
  }

  private long end(long output) {
    return Math.min(plan.images(), (output + 1) * settings.shardSize());
  }

  private void readImages(long output, boolean contents, ImageSink sink) throws IOException {
    ShardPlan.Start start = plan.find(output * settings.shardSize());
    Reader reader = new Reader(output * settings.shardSize(), end(output), start.skip(), sink);
    BadSamples named = new BadSamples(1, message -> {}); // by the first reading
    long position = start.position();
    for (int file = start.file(); reader.next < reader.end; file++) {
      if (file == files.size()) {
        throw new IOException("the input has changed while it was read: images are missing");
      }
      int number = file;
      boolean needed = contents && settings.format() == OutputFormat.SHARDS;
      files.get(file).read(position, needed, row -> reader.row(row, number), named);
      position = 0;
    }
  }

  /** Passes on the images of one output file. */
  private final class Reader {
    private final long end;
    private final ImageSink sink;
    private long next;
    private int skip;

    Reader(long next, long end, int skip, ImageSink sink) {
      this.next = next;
      this.end = end;
      this.skip = skip;
      this.sink = sink;
    }

    boolean row(Row row, int file) throws IOException {
      if (exclusions.contains(file, row.position())) {
        return true;
      }
      List<String> tags = selection.select(row.tags());
      if (tags.isEmpty()) {
        return true;
      }
      if (skip > 0) {
        skip--;
        return true;
      }
      sink.add(curate(next++, row, tags));
      return next < end;
    }
  }

  private CuratedImage curate(long number, Row row, List<String> tags) {
    ImageKey key = ImageKey.of(row.id());
    double repeat = resampling.ofImage(tags);
    List<String> noisy = noise.apply(key, tags);
    for (int i = 0; i < tags.size(); i++) {
      if (!tags.get(i).equals(noisy.get(i))) {
        replaced.incrementAndGet();
      }
    }
    List<String> distinct = List.copyOf(new LinkedHashSet<>(noisy));
    long units = Math.round(repeat / UNIT);
    int inEpoch = epoch.copies(repeat, key.high());
    expectedUnits.addAndGet(units);
    copies.addAndGet(inEpoch);
    for (String tag : distinct) {
      tagUnits.addAndGet(statistics.id(tag), units);
      tagCopies.addAndGet(statistics.id(tag), inEpoch);
    }
    return new CuratedImage(number, row, distinct, repeat);
  }

  long replaced() {
    return replaced.get();
  }

  double expectedEpochImages() {
    return expectedUnits.get() * UNIT;
  }

  long firstEpochImages() {
    return copies.get();
  }

  /** Returns what became of the tags, in the order of their class ids. */
  List<CurationReport.Tag> tags() {
    return statistics.tags().stream()
        .map(
            tag -> {
              int id = statistics.id(tag);
              return new CurationReport.Tag(
                  tag,
                  statistics.images(id),
                  resampling.ofTag(id),
                  tagUnits.get(id) * UNIT,
                  tagCopies.get(id));
            })
        .toList();
  }
}
