package org.octothorpe.data.curation;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.octothorpe.data.curation.count.CountStage;
import org.octothorpe.data.curation.count.DroppedRows;
import org.octothorpe.data.curation.count.Exclusions;
import org.octothorpe.data.curation.count.RepeatedIds;
import org.octothorpe.data.curation.count.Scan;
import org.octothorpe.data.curation.rules.TagEvidence;
import org.octothorpe.data.curation.rules.TagSelection;
import org.octothorpe.data.curation.select.ShardPlan;
import org.octothorpe.data.curation.spill.IdPartitions;
import org.octothorpe.data.curation.write.EpochTally;
import org.octothorpe.data.curation.write.WriteStage;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.machine.Workers;
import org.octothorpe.data.rows.RowFile;

/** The threads of one machine, in bounded memory. */
public final class OneMachine implements CurationEngine {
  private final int threads;
  private final long memory;

  /**
   * Describes the machine.
   *
   * @param threads that read and write, in [1, 256]
   * @param memory bytes that counts may take, about, at least 1 MiB; beyond, they go to disk
   */
  public OneMachine(int threads, long memory) {
    if (threads < 1 || threads > 256) {
      throw new IllegalArgumentException("threads is " + threads + ", but must be in [1, 256]");
    }
    if (memory < 1 << 20) {
      throw new IllegalArgumentException("memory is " + memory + " bytes, but must be >= 1 MiB");
    }
    this.threads = threads;
    this.memory = memory;
  }

  /** Counts tags; again without the rows whose id an earlier one has, if there are any. */
  @Override
  public Counts count(Input input, TagEvidence evidence, BadSamples bad) throws IOException {
    List<RowFile> files = input.files();
    Scan scan = new Scan(files, threads, input.listener());
    Exclusions exclusions = new Exclusions();
    DroppedRows dropped = new DroppedRows();
    RepeatedIds duplicates = new RepeatedIds();
    CountStage counts = new CountStage(evidence, input.spill().resolve("counts"), threads, memory);
    IdPartitions ids = new IdPartitions(input.spill());
    counts.run(scan, files, input.drops(), input.needsImages(), bad, exclusions, dropped, ids);
    ids.find(
        (file, position, firstFile, firstPosition) -> {
          duplicates.add(file, position, firstFile, firstPosition);
          exclusions.add(file, position);
        });
    duplicates.report(files, bad);
    bad.check(counts.rows() + bad.count() - duplicates.count()); // a duplicate is a row, and bad
    if (duplicates.count() > 0) {
      counts = new CountStage(evidence, input.spill().resolve("recount"), threads, memory);
      counts.run(
          scan,
          files,
          input.drops(),
          input.needsImages(),
          new BadSamples(1, message -> {}),
          exclusions,
          dropped,
          null);
    }
    return new Counts(
        counts.rows(),
        duplicates.count(),
        dropped,
        exclusions,
        counts.tagsPerImage(),
        counts::rawTags,
        counts::evidence);
  }

  @Override
  public ShardPlan select(Input input, Exclusions exclusions, TagSelection selection)
      throws IOException {
    ShardPlan.OfFile[] plans = new ShardPlan.OfFile[input.files().size()];
    Arrays.setAll(plans, i -> new ShardPlan.OfFile());
    new Scan(input.files(), threads, input.listener())
        .run(
            "selecting images",
            false,
            new BadSamples(1, message -> {}), // the first reading has named them
            (row, file, worker) -> {
              if (!exclusions.contains(file, row.position())) {
                plans[file].add(row, selection);
              }
            });
    return new ShardPlan(List.of(plans));
  }

  @Override
  public EpochTally write(WriteStage pass, Path folder, CurationListener listener)
      throws IOException {
    AtomicLong done = new AtomicLong();
    @Nullable EpochTally[] tallies = new EpochTally[Math.min(threads, pass.outputs())];
    Workers.run(
        "octothorpe-curation",
        threads,
        pass.outputs(),
        (output, worker) -> {
          EpochTally tally = pass.write(folder, output);
          EpochTally before = tallies[worker];
          if (before == null) {
            tallies[worker] = tally;
          } else {
            before.add(tally);
          }
          listener.onProgress(
              "writing images", done.addAndGet(pass.images(output)), pass.plan().images());
        });
    EpochTally sum = new EpochTally(pass.statistics().tags().size());
    for (EpochTally tally : tallies) {
      if (tally != null) {
        sum.add(tally);
      }
    }
    return sum;
  }
}
