package org.octothorpe.data.curation.write;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import org.octothorpe.data.curation.count.Exclusions;
import org.octothorpe.data.curation.rules.TagSelection;
import org.octothorpe.data.curation.select.Resampling;
import org.octothorpe.data.curation.select.ShardPlan;
import org.octothorpe.data.curation.select.TagStatistics;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.rows.Row;
import org.octothorpe.data.rows.RowFile;
import org.octothorpe.data.samples.SampleKey;
import org.octothorpe.data.tags.RepeatFactor;

/**
 * The third reading of the input, which writes the files of the set, each from the rows that it
 * holds. Safe from any thread; every process can make its own.
 */
public final class WriteStage {
  private final List<RowFile> files;
  private final SetOptions settings;
  private final Exclusions exclusions;
  private final TagSelection selection;
  private final ShardPlan plan;
  private final TagStatistics statistics;
  private final Resampling resampling;
  private final LabelNoise noise;
  private final RepeatFactor epoch;

  /** Prepares the pass from what the readings before have found. */
  public WriteStage(
      List<RowFile> files,
      SetOptions settings,
      Exclusions exclusions,
      TagSelection selection,
      ShardPlan plan,
      TagStatistics statistics) {
    this.files = List.copyOf(files);
    this.settings = settings;
    this.exclusions = exclusions;
    this.selection = selection;
    this.plan = plan;
    this.statistics = statistics;
    this.resampling = new Resampling(settings.sampling(), settings.threshold(), statistics);
    this.noise = new LabelNoise(settings.noise(), settings.seed(), statistics);
    this.epoch = RepeatFactor.ofEpoch(settings.seed(), 0);
  }

  /** Returns the input. */
  public List<RowFile> files() {
    return files;
  }

  /** Returns the settings. */
  public SetOptions settings() {
    return settings;
  }

  /** Returns the rows that take no part. */
  public Exclusions exclusions() {
    return exclusions;
  }

  /** Returns which tags are kept. */
  public TagSelection selection() {
    return selection;
  }

  /** Returns where the files of the set start. */
  public ShardPlan plan() {
    return plan;
  }

  /** Returns the tags of the set. */
  public TagStatistics statistics() {
    return statistics;
  }

  /** Returns the number of files of the set. */
  public int outputs() {
    long size = settings.shardSize();
    return Math.toIntExact((plan.images() + size - 1) / size);
  }

  /**
   * Writes file {@code output} of the set, whole or not at all. One that exists already is
   * complete, and only counted.
   *
   * @return its share of an epoch
   */
  public EpochTally write(Path folder, int output) throws IOException {
    EpochTally tally = new EpochTally(statistics.tags().size());
    Path target = folder.resolve(settings.format().fileName(output));
    if (Files.exists(target)) {
      readImages(output, false, image -> {}, tally);
    } else {
      OutputSink.write(settings.format(), target, sink -> readImages(output, true, sink, tally));
    }
    return tally;
  }

  /** Returns the number of images of a file of the set. */
  public long images(int output) {
    return end(output) - output * settings.shardSize();
  }

  /** Returns how often images appear in an epoch. */
  public Resampling resampling() {
    return resampling;
  }

  private long end(long output) {
    return Math.min(plan.images(), (output + 1) * settings.shardSize());
  }

  private void readImages(long output, boolean contents, OutputSink sink, EpochTally tally)
      throws IOException {
    ShardPlan.Start start = plan.find(output * settings.shardSize());
    Reader reader =
        new Reader(output * settings.shardSize(), end(output), start.skip(), sink, tally);
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
    private final OutputSink sink;
    private final EpochTally tally;
    private long next;
    private int skip;

    Reader(long next, long end, int skip, OutputSink sink, EpochTally tally) {
      this.next = next;
      this.end = end;
      this.skip = skip;
      this.sink = sink;
      this.tally = tally;
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
      sink.add(curate(next++, row, tags, tally));
      return next < end;
    }
  }

  private OutputRow curate(long number, Row row, List<String> tags, EpochTally tally) {
    SampleKey key = SampleKey.of(row.id());
    double repeat = resampling.ofImage(tags);
    List<String> noisy = noise.apply(key, tags);
    for (int i = 0; i < tags.size(); i++) {
      if (!tags.get(i).equals(noisy.get(i))) {
        tally.replace();
      }
    }
    List<String> distinct = List.copyOf(new LinkedHashSet<>(noisy));
    tally.add(distinct, statistics, repeat, epoch.copies(repeat, key.high()));
    return new OutputRow(number, row, distinct, repeat);
  }
}
