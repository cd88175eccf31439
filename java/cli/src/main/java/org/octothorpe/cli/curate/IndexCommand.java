package org.octothorpe.cli.curate;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.octothorpe.cli.common.CommandFailure;
import org.octothorpe.cli.common.CommonOptions;
import org.octothorpe.cli.report.BadReport;
import org.octothorpe.cli.report.Table;
import org.octothorpe.data.faults.BadSamples;
import org.octothorpe.data.shards.ShardIndex;
import org.octothorpe.io.CorruptFileException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The verb that writes indexes of shards, so that data sets open faster. */
@Command(
    name = "index",
    description = {
      "Writes NAME.tar.index beside each shard: where its images are, and their labels. train,"
          + " eval, probe and dedup then open the shards faster, and see the same samples.",
      "An index that is damaged, or whose shard has changed, is named and ignored: the shard is"
          + " read instead. A shard with anything bad in it gets no index, so that what is bad is"
          + " named each time."
    },
    footer = {
      "  octothorpe index --data 'shards/*.tar'",
      "      once, after the shards are made; again, after they have changed",
      "  octothorpe index --data 'shards/*.tar' --check",
      "      writes nothing; compares all bytes of the shards with what the indexes were made from"
    })
public final class IndexCommand implements Callable<Integer> {
  @Mixin CommonOptions common = new CommonOptions();

  @Option(
      names = "--data",
      required = true,
      arity = "1..*",
      paramLabel = "SOURCE",
      description = "Tar shards, globs of them, or folders.")
  private List<String> data = List.of();

  @Option(names = "--check", description = "Check the indexes that exist; write none.")
  private boolean check;

  @Option(
      names = "--max-bad",
      paramLabel = "SHARE",
      description =
          "Share of the samples that may be unusable, in [0,1]. Default: 0.001. One is always"
              + " allowed, unless it is 0.")
  private double maxBad = BadSamples.DEFAULT_MAX_FRACTION;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws IOException {
    if (!(maxBad >= 0 && maxBad <= 1)) {
      throw new ParameterException(
          spec.commandLine(), "--max-bad is " + maxBad + ", but must be in [0,1]");
    }
    List<Path> shards = ShardIndex.shards(data);
    Table table = Table.ofWords().row("shard", "samples", "index");
    if (check) {
      check(shards, table);
    } else {
      write(shards, table);
    }
    return 0;
  }

  private void write(List<Path> shards, Table table) throws IOException {
    BadReport named = new BadReport(spec.commandLine().getErr(), null);
    BadSamples bad = new BadSamples(maxBad, named);
    long samples = 0;
    try (Progress progress = new Progress("indexing", shards)) {
      for (Path shard : shards) {
        ShardIndex.Written written = ShardIndex.write(shard, bad, progress::inShard);
        progress.end(shard);
        samples += written.samples();
        table.row(
            shard.toString(),
            CurationSummary.number(written.samples()),
            written.bad() == 0
                ? "written"
                : "none: " + CurationSummary.number(written.bad()) + " bad");
      }
    }
    print(table);
    named.conclude(bad);
    bad.check(samples + bad.count());
  }

  private void check(List<Path> shards, Table table) throws IOException {
    PrintWriter errors = spec.commandLine().getErr();
    int wrong = 0;
    try (Progress progress = new Progress("checking", shards)) {
      for (Path shard : shards) {
        try {
          long samples = ShardIndex.check(shard, progress::inShard);
          table.row(shard.toString(), CurationSummary.number(samples), "good");
        } catch (CorruptFileException e) {
          wrong++;
          errors.println(e.getMessage());
          table.row(shard.toString(), "", "not valid");
        }
        progress.end(shard);
      }
    }
    print(table);
    if (wrong > 0) {
      throw new CommandFailure(
          wrong
              + " of "
              + shards.size()
              + (shards.size() == 1 ? " index is" : " indexes are")
              + " missing or not valid; without --check they are written again");
    }
  }

  private void print(Table table) {
    PrintWriter output = spec.commandLine().getOut();
    table.print(output);
    output.flush();
  }

  /** The bytes read of all shards. */
  private final class Progress implements AutoCloseable {
    private final PassDisplay display = new PassDisplay(spec.commandLine().getOut());
    private final String task;
    private final long total;
    private long done;

    Progress(String task, List<Path> shards) throws IOException {
      this.task = task;
      long sum = 0;
      for (Path shard : shards) {
        sum += Files.size(shard);
      }
      total = sum;
    }

    void inShard(long bytes) {
      display.show(task, Math.min(done + bytes, total - 1), total);
    }

    void end(Path shard) throws IOException {
      done += Files.size(shard);
      display.show(task, done, total);
    }

    @Override
    public void close() {
      display.close();
    }
  }
}
