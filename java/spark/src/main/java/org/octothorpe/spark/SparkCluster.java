package org.octothorpe.spark;

import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.broadcast.Broadcast;
import org.apache.spark.storage.StorageLevel;
import org.jspecify.annotations.Nullable;
import org.octothorpe.data.curation.CurationEngine;
import org.octothorpe.data.curation.CurationListener;
import org.octothorpe.data.curation.count.DropLists;
import org.octothorpe.data.curation.count.DroppedRows;
import org.octothorpe.data.curation.count.Exclusions;
import org.octothorpe.data.curation.count.Histogram;
import org.octothorpe.data.curation.count.RepeatedIds;
import org.octothorpe.data.curation.rules.TagEvidence;
import org.octothorpe.data.curation.rules.TagSelection;
import org.octothorpe.data.curation.select.ShardPlan;
import org.octothorpe.data.curation.select.TagStatistics;
import org.octothorpe.data.curation.spill.TagCount;
import org.octothorpe.data.curation.spill.TagRun;
import org.octothorpe.data.curation.write.EpochTally;
import org.octothorpe.data.curation.write.SetOptions;
import org.octothorpe.data.curation.write.WriteStage;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.rows.RowFile;
import org.octothorpe.data.samples.SampleKey;
import scala.Tuple2;

/**
 * The executors of a Spark cluster, a task for each file of the input and of the set; driver and
 * executors see all files under the same paths.
 *
 * <p>Tags are counted and ids compared in shuffles, which spill to disk. The driver holds 8 bytes
 * for every 256 images, the vocabulary, and the rows that cannot be used.
 */
public final class SparkCluster implements CurationEngine {
  private final JavaSparkContext spark;

  /** Describes the cluster of a context, which stays open. */
  public SparkCluster(JavaSparkContext spark) {
    this.spark = spark;
  }

  /** A row by its place in the input. */
  private record Place(int file, long position) implements Serializable, Comparable<Place> {
    @Override
    public int compareTo(Place other) {
      return file != other.file
          ? Integer.compare(file, other.file)
          : Long.compare(position, other.position);
    }
  }

  /** The rows that have one id: the first, and those after it. */
  private record SameId(Place first, ArrayList<Place> others) implements Serializable {
    static SameId of(Place place) {
      return new SameId(place, new ArrayList<>());
    }

    SameId with(SameId other) {
      boolean mine = first.compareTo(other.first) < 0;
      ArrayList<Place> all = new ArrayList<>(others);
      all.addAll(other.others);
      all.add(mine ? other.first : first);
      return new SameId(mine ? first : other.first, all);
    }
  }

  /** What a task needs to read rows. */
  private record Reading(ArrayList<String> paths, ArrayList<String> scopes, Exclusions exclusions)
      implements Serializable {
    static Reading of(List<RowFile> files, Exclusions exclusions) {
      ArrayList<String> paths = new ArrayList<>();
      ArrayList<String> scopes = new ArrayList<>();
      for (RowFile file : files) {
        paths.add(file.path().toAbsolutePath().toString());
        scopes.add(file.scope());
      }
      return new Reading(paths, scopes, exclusions);
    }

    RowFile file(int index) {
      return RowFile.of(Path.of(paths.get(index)), scopes.get(index));
    }

    /** Passes on the rows of a file that take part. */
    void rows(int index, RowConsumer consumer) throws IOException {
      file(index)
          .read(
              0,
              false,
              row -> {
                if (!exclusions.contains(index, row.position())) {
                  consumer.row(row.id(), row.tags(), row.position());
                }
                return true;
              },
              new BadSamples(1, message -> {})); // a task before has named them
    }
  }

  @FunctionalInterface
  private interface RowConsumer {
    void row(String id, List<String> tags, long position) throws IOException;
  }

  @Override
  public Counts count(Input input, TagEvidence evidence, BadSamples bad) throws IOException {
    Exclusions exclusions = new Exclusions();
    Reading all = Reading.of(input.files(), exclusions);
    Histogram tagsPerImage = new Histogram();
    long rows = 0;
    DroppedRows dropped = new DroppedRows();
    boolean needsImages = input.needsImages();
    Broadcast<DropLists> drops = spark.broadcast(input.drops());
    input.listener().onProgress("checking rows", 0, 1);
    List<FileCount> files =
        spark
            .parallelize(indices(all.paths.size()), all.paths.size())
            .map(file -> FileCount.read(all.file(file), needsImages, drops.value()))
            .collect();
    for (int file = 0; file < files.size(); file++) {
      FileCount found = files.get(file);
      found.bad().forEach(row -> bad.add(row.where(), row.reason()));
      found.broken().forEach(bad::addBroken);
      found.noteTo(bad);
      found.dropped().forEach(dropped::add);
      for (long position : found.excluded()) {
        exclusions.add(file, position);
      }
      tagsPerImage.add(found.tagsPerImage());
      rows += found.rows();
    }
    bad.check(rows + bad.count());

    input.listener().onProgress("comparing ids", 0, 1);
    RepeatedIds duplicates = new RepeatedIds();
    for (SameId same : duplicates(Reading.of(input.files(), exclusions))) {
      for (Place place : same.others) {
        exclusions.add(place.file, place.position);
        duplicates.add(place.file, place.position, same.first.file, same.first.position);
      }
    }
    duplicates.report(input.files(), bad);
    long again = duplicates.count();
    bad.check(rows + bad.count() - again); // a duplicate is a row, and bad
    if (again > 0) {
      tagsPerImage = histogram(Reading.of(input.files(), exclusions));
    }

    input.listener().onProgress("counting tags", 0, 1);
    Reading reading = Reading.of(input.files(), exclusions);
    JavaPairRDD<String, Long> raw = counts(reading, null);
    JavaPairRDD<String, Long> keys = counts(reading, evidence);
    return new Counts(
        rows - again,
        again,
        dropped,
        exclusions,
        tagsPerImage.counts(),
        () -> cursor(raw),
        () -> cursor(keys));
  }

  private List<SameId> duplicates(Reading task) {
    Broadcast<Reading> shared = spark.broadcast(task);
    return spark
        .parallelize(indices(task.paths.size()), task.paths.size())
        .flatMapToPair(file -> ids(shared.value(), file))
        .reduceByKey(SameId::with)
        .values()
        .filter(same -> !same.others.isEmpty())
        .collect();
  }

  // Arrays of numbers first: a pair per id would take five times as much memory.
  private static Iterator<Tuple2<SampleKey, SameId>> ids(Reading reading, int file)
      throws IOException {
    Growing high = new Growing();
    Growing low = new Growing();
    Growing positions = new Growing();
    reading.rows(
        file,
        (id, tags, position) -> {
          SampleKey key = SampleKey.of(id);
          high.add(key.high());
          low.add(key.low());
          positions.add(position);
        });
    return IntStream.range(0, positions.size())
        .mapToObj(
            i ->
                new Tuple2<>(
                    new SampleKey(high.get(i), low.get(i)),
                    SameId.of(new Place(file, positions.get(i)))))
        .iterator();
  }

  private Histogram histogram(Reading task) {
    Broadcast<Reading> shared = spark.broadcast(task);
    return spark
        .parallelize(indices(task.paths.size()), task.paths.size())
        .map(
            file -> {
              Histogram counts = new Histogram();
              shared.value().rows(file, (id, tags, position) -> counts.add(tags.size()));
              return counts;
            })
        .reduce(
            (a, b) -> {
              a.add(b);
              return a;
            });
  }

  /** Counts tags as they are, or the keys of the evidence; in any order. */
  private JavaPairRDD<String, Long> counts(Reading task, @Nullable TagEvidence evidence) {
    Broadcast<Reading> shared = spark.broadcast(task);
    return spark
        .parallelize(indices(task.paths.size()), task.paths.size())
        .flatMapToPair(
            file -> {
              TagsOfFile counts = new TagsOfFile(evidence);
              shared.value().rows(file, (id, tags, position) -> counts.add(tags));
              return counts.pairs();
            })
        .reduceByKey(Long::sum)
        .persist(StorageLevel.DISK_ONLY());
  }

  private static TagRun.Cursor cursor(JavaPairRDD<String, Long> counts) {
    Iterator<Tuple2<String, Long>> sorted = counts.sortByKey(new ByCodePoint()).toLocalIterator();
    return () -> {
      if (!sorted.hasNext()) {
        return null;
      }
      Tuple2<String, Long> tag = sorted.next();
      return new TagCount(tag._1(), tag._2());
    };
  }

  @Override
  public ShardPlan select(Input input, Exclusions exclusions, TagSelection selection) {
    input.listener().onProgress("selecting images", 0, 1);
    Broadcast<Reading> reading = spark.broadcast(Reading.of(input.files(), exclusions));
    Broadcast<TagSelection> tags = spark.broadcast(selection);
    return new ShardPlan(
        spark
            .parallelize(indices(input.files().size()), input.files().size())
            .map(
                file ->
                    ShardPlan.OfFile.read(
                        reading.value().file(file),
                        file,
                        reading.value().exclusions(),
                        tags.value()))
            .collect());
  }

  /** What a task needs to write a file of the set. */
  private record Writing(
      Reading reading,
      SetOptions settings,
      TagSelection selection,
      ShardPlan plan,
      TagStatistics statistics,
      String folder)
      implements Serializable {
    EpochTally write(int output) throws IOException {
      List<RowFile> files = new ArrayList<>();
      for (int i = 0; i < reading.paths().size(); i++) {
        files.add(reading.file(i));
      }
      Path target = Path.of(folder);
      if (!Files.isDirectory(target)) {
        throw new IOException(
            target + " does not exist; driver and executors must see the same files");
      }
      return new WriteStage(files, settings, reading.exclusions(), selection, plan, statistics)
          .write(target, output);
    }
  }

  @Override
  public EpochTally write(WriteStage pass, Path folder, CurationListener listener) {
    listener.onProgress("writing images", 0, 1);
    Broadcast<Writing> writing =
        spark.broadcast(
            new Writing(
                Reading.of(pass.files(), pass.exclusions()),
                pass.settings(),
                pass.selection(),
                pass.plan(),
                pass.statistics(),
                folder.toAbsolutePath().toString()));
    EpochTally sum = new EpochTally(pass.statistics().tags().size());
    if (pass.outputs() > 0) {
      sum.add(
          spark
              .parallelize(indices(pass.outputs()), pass.outputs())
              .map(output -> writing.value().write(output))
              .treeReduce(
                  (a, b) -> {
                    a.add(b);
                    return a;
                  }));
    }
    return sum;
  }

  private static List<Integer> indices(int count) {
    return IntStream.range(0, count).boxed().toList();
  }
}
