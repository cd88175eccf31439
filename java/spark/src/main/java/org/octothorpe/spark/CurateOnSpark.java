package org.octothorpe.spark;

import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.octothorpe.cli.common.Failures;
import org.octothorpe.cli.common.StandardOutput;
import org.octothorpe.cli.curate.CurationOptions;
import org.octothorpe.data.curation.Curation;
import org.octothorpe.data.curation.CurationListener;
import org.octothorpe.data.curation.CurationReport;
import org.octothorpe.data.curation.CurationSettings;
import org.octothorpe.data.curation.count.DropLists;
import org.octothorpe.data.faults.BadSamples;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** The program that {@code spark-submit} runs: {@code curate} on a cluster. */
@Command(
    name = "curate-on-spark",
    mixinStandardHelpOptions = true,
    description = {
      "Makes the same set as 'octothorpe curate', byte for byte, on a Spark cluster; report.html, whose plots need fonts,"
          + " is left out.",
      "A task reads a file of the input, or writes one of the set, so the input should have some files an executor core."
          + " Driver and executors must see all files under the same paths."
    },
    footer = {
      "",
      "Example:",
      "  spark-submit --class org.octothorpe.spark.CurateOnSpark --jars \"$(echo build/lib/*.jar | tr ' ' ,)\""
          + " java/spark/target/octothorpe-spark-*.jar --input '/data/raw/*.parquet' --vocabulary wordnet --format parquet"
          + " --out /data/set"
    })
public final class CurateOnSpark implements Callable<Integer> {
  @Mixin private CurationOptions options = new CurationOptions();

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "The set's folder; must not be there.")
  private Path out = Path.of("set");

  @Option(names = "--resume", description = "Continue what a killed run left in DIR.partial.")
  private boolean resume;

  @Spec private CommandSpec spec = CommandSpec.create();

  CurateOnSpark() {}

  /** Runs the program and ends the process with its exit code. */
  public static void main(String[] args) {
    System.exit(commandLine().setOut(StandardOutput.open()).execute(args));
  }

  static CommandLine commandLine() {
    return new CommandLine(new CurateOnSpark())
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionExceptionHandler(
            (failure, line, parsed) -> {
              line.getErr().println("curate-on-spark: " + explain(failure));
              return 1;
            });
  }

  /** Returns one line of what went wrong, here or in a task. */
  static String explain(Throwable failure) {
    return Failures.explain(TaskFailure.of(failure));
  }

  @Override
  public Integer call() throws IOException {
    CurationSettings settings = options.settings(spec.commandLine());
    PrintWriter output = spec.commandLine().getOut();
    PrintWriter errors = spec.commandLine().getErr();
    SparkConf configuration = new SparkConf();
    configuration.setIfMissing("spark.app.name", "octothorpe curate");
    CurationListener listener =
        new CurationListener() {
          @Override
          public void onProgress(String task, long done, long total) {
            if (done == 0) {
              output.println(task);
              output.flush();
            }
          }
        };
    try (JavaSparkContext spark = new JavaSparkContext(configuration)) {
      BadSamples bad = new BadSamples(settings.maxBad(), errors::println);
      CurationReport report =
          new Curation(settings, new SparkCluster(spark), listener).run(out, resume, bad);
      bad.notes().forEach(note -> errors.println("WARNING: " + note));
      output.printf(
          Locale.ROOT,
          "%d of %d rows, %d tags, in %s%n",
          report.counts().images(),
          report.counts().rows(),
          report.counts().selectedTags(),
          out);
      report.dropLists().stream()
          .map(DropLists.Outcome::unmatched)
          .filter(text -> !text.isEmpty())
          .forEach(output::println);
      output.flush();
    }
    return 0;
  }
}
