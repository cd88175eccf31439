package org.octothorpe.cli.curate;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.octothorpe.cli.common.CommandFailure;
import org.octothorpe.cli.common.CommonOptions;
import org.octothorpe.cli.report.BadReport;
import org.octothorpe.data.curation.Curation;
import org.octothorpe.data.curation.CurationListener;
import org.octothorpe.data.curation.CurationReport;
import org.octothorpe.data.curation.CurationSettings;
import org.octothorpe.data.curation.OneMachine;
import org.octothorpe.data.curation.select.RepeatPower;
import org.octothorpe.data.faults.BadSamples;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The verb that makes a training set of raw hashtagged images. */
@Command(
    name = "curate",
    description = {
      "Makes a training set of raw hashtagged images: merges the spellings of a tag, drops tags outside the vocabulary,"
          + " keeps the images that carry a tag, and says how often each is repeated an epoch.",
      "The set's folder: curated-*.tar (or .parquet), vocabulary.txt, tags.csv (what became of every tag), senses.csv (which of"
          + " its meanings each tag has, and why), bad.txt (every row that cannot be used, and why), report.html, report.json, and manifest.json (settings, seeds, SHA-256 of every input file, counts).",
      "Input is read three times and never held in memory. Tables have the columns id, file (or, in Parquet, image), and"
          + " tags or caption. Tags are a list, or a text in which commas, semicolons, '|', tabs, line breaks and '#'"
          + " separate them; white space does so only before '#': 'potted plant' is one tag, '#sea #sky' are two. A text"
          + " that is a list as Python or JSON write it is read as one.",
      "The folder appears when it is complete; until then it is DIR.partial. Killed at any moment, --resume continues and"
          + " ends with the same bytes."
    },
    footer = {
      "  octothorpe curate --input 'raw/*.tar' --vocabulary wordnet --min-count 20 --sampling sqrt --out set",
      "  octothorpe train --data 'set/*.tar' --vocabulary file:set/vocabulary.txt --images 1000000 --out run",
      "      tags that name a WordNet noun, the synonyms merged; train repeats the images of rare tags",
      "  octothorpe curate --input photos/tags.jsonl --vocabulary top:1500 --sampling natural --out set",
      "      JSON Lines such as {\"id\": \"7\", \"file\": \"a.jpg\", \"tags\": [\"#sea\"]}; every image once per epoch",
      "  octothorpe curate --input 'crawl/*.parquet' --vocabulary wordnet-top:8500 --format parquet --memory 4G --out set",
      "      tables that point to the images where they are; 4 GB of counts, the rest on disk",
      "  octothorpe curate --input 'raw/*.tar' --vocabulary file:set/vocabulary.txt --noise 0.1 --seed 3 --out noisy",
      "      a tenth of the tags replaced by others, for an experiment",
      "  octothorpe dedup --train 'raw/*.tar' --within --out dedup",
      "  octothorpe curate --input 'raw/*.tar' --drop dedup/drop.txt --out set",
      "      without the images that are in the input twice"
    })
public final class CurateCommand implements Callable<Integer> {
  private static final long MEBI = 1 << 20;

  @Mixin CommonOptions common = new CommonOptions();
  @Mixin private CurationOptions options = new CurationOptions();

  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      converter = ByteSize.class,
      description =
          "What counts may take before they go to disk, as 512M or 2G (default: a quarter of the"
              + " Java heap).")
  private @Nullable Long memory;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description = "Threads that read and write, in [1,256] (default: one per processor).")
  private int threads = Runtime.getRuntime().availableProcessors();

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "The set's folder; must not be there.")
  private Path out = Path.of("set");

  @Option(names = "--resume", description = "Continue what a killed run left in DIR.partial.")
  private boolean resume;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws IOException {
    PrintWriter output = spec.commandLine().getOut();
    BadReport named = new BadReport(spec.commandLine().getErr(), null);
    CurationSettings settings = options.settings(spec.commandLine());
    BadSamples bad = new BadSamples(settings.maxBad(), named);
    CurationReport report;
    try (PassDisplay display = new PassDisplay(output)) {
      report = curation(settings, display).run(out, resume, bad);
    } catch (IOException | UncheckedIOException e) {
      if (unwritten(e)) {
        throw new CommandFailure(e.getMessage() + whatGoesOn(), e);
      }
      throw e;
    }
    new CurationSummary(report).print(output);
    named.conclude(bad);
    if (settings.sampling() != RepeatPower.NATURAL
        && report.counts().expectedEpochImages() == report.counts().images()) {
      output.printf(
          Locale.ROOT,
          "No image is repeated: every tag is on %s %% of the images or more; a larger --t repeats some%n",
          percent(settings.threshold()));
    }
    output.println("set     " + out);
    if (report.counts().badRows() > 0) {
      output.println("bad     " + out.resolve(Curation.BAD));
    }
    output.println("report  " + out.resolve(HtmlReport.FILE));
    output.flush();
    return 0;
  }

  private static boolean unwritten(Exception failure) {
    return String.valueOf(failure.getMessage()).matches("(?s)(cannot write|standard output:) .*");
  }

  /** What is finished of a set outlives a full disk. */
  private String whatGoesOn() {
    Path partial = Path.of(out + ".partial");
    return Files.exists(partial)
        ? "; what is finished is in "
            + partial
            + ": after fixing this, the same command with --resume continues"
        : "";
  }

  private static String percent(double share) {
    return new BigDecimal(Double.toString(share))
        .movePointRight(2)
        .stripTrailingZeros()
        .toPlainString();
  }

  private Curation curation(CurationSettings settings, PassDisplay display) {
    long heap = Runtime.getRuntime().maxMemory();
    long counts = memory != null ? memory : Math.max(MEBI, heap / 4);
    if (counts > heap / 2) {
      throw new ParameterException(
          spec.commandLine(),
          String.format(
              Locale.ROOT,
              "--memory is %d MiB, but must be at most %d MiB, half of the Java heap;"
                  + " OCTOTHORPE_JAVA_OPTS=-Xmx8g gives a larger heap",
              counts / MEBI,
              heap / 2 / MEBI));
    }
    CurationListener listener =
        new CurationListener() {
          @Override
          public void onProgress(String task, long done, long total) {
            display.show(task, done, total);
          }

          @Override
          public void onReport(CurationReport report, Path folder) throws IOException {
            HtmlReport.write(folder.resolve(HtmlReport.FILE), settings, report);
          }
        };
    try {
      return new Curation(settings, new OneMachine(threads, counts), listener);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), "--" + e.getMessage(), e);
    }
  }
}
