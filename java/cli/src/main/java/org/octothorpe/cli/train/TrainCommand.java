package org.octothorpe.cli.train;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.octothorpe.cli.common.CommandFailure;
import org.octothorpe.cli.common.CommonOptions;
import org.octothorpe.cli.common.DeviceChoice;
import org.octothorpe.cli.common.KernelThreads;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The verb that pretrains a network on hashtagged images. */
@Command(
    name = "train",
    description = {
      "Pretrains a ResNeXt to predict the hashtags of images: JPEG, PNG or WebP by their content, upright as EXIF says.",
      "A run has a folder: config.json, log.csv, loss.png, vocabulary.txt, data.tsv.gz, checkpoints, and 'latest', a link (or a file) that leads to the newest one.",
      "Killed at any moment, it continues from its latest checkpoint with --resume and ends bit for bit as if nothing had happened.",
      "Ctrl-C writes a checkpoint first."
    },
    footer = {
      "  octothorpe train --data 'shards/train-*.tar' --vocabulary top:1500 --model resnext50_32x4d --images 10000000 --out run",
      "      WebDataset shards of NAME.jpg and NAME.json {\"tags\": [...]}; 224 pixels, the paper's recipe",
      "  octothorpe train --data photos --vocabulary file:tags.txt --image-size 64 --images 200000 --out run",
      "      a folder with labels.csv or tags.jsonl; small images get a small stem and milder augmentation",
      "  octothorpe train --resume --out run",
      "      continues with the settings of the run's folder",
      "  octothorpe train --resume --data '/mnt/new/train-*.tar' --max-bad 0.01 --out run",
      "      the same after the data have moved, and with up to 1 %% of them bad"
    })
public final class TrainCommand implements Callable<Integer> {
  /** The components of the settings that a resumed run may change. */
  private static final Set<String> MOVABLE = Set.of("data", "maxBad");

  /** The components that options give as words. */
  private static final Set<String> WORDS = Set.of("stem", "augment");

  @Mixin CommonOptions common = new CommonOptions();

  @Mixin TrainOptions options = new TrainOptions();

  @Option(names = "--out", paramLabel = "DIR", description = "The run's folder; required.")
  private @Nullable Path out;

  @Option(
      names = "--resume",
      description =
          "Continue the run in --out and its settings. --data says where the data have moved (they"
              + " must be the same images in the same order), --max-bad sets another limit;"
              + " --threads, --loader-threads, --memory-plan and --profile are free; what else"
              + " is given must agree with the run.")
  private boolean resume;

  @Option(names = "--threads", paramLabel = "N", description = KernelThreads.DESCRIPTION)
  private int threads;

  @Option(
      names = "--loader-threads",
      paramLabel = "N",
      description =
          "Threads that read and decode, in [0,256]; 0 (the default) is one per processor.")
  private int loaderThreads;

  @Option(names = "--memory-plan", description = "Print where the planner put every tensor.")
  private boolean memoryPlan;

  @Option(
      names = "--profile",
      description = "Print the time of every step of the graph at the end.")
  private boolean profile;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws IOException {
    PrintWriter output = spec.commandLine().getOut();
    TrainRun.Display display = new TrainRun.Display(output, memoryPlan, profile);
    List<String> mistakes = new ArrayList<>();
    Path folder = out;
    require(mistakes, folder != null, "--out is missing: the run's folder");
    require(
        mistakes,
        loaderThreads >= 0 && loaderThreads <= 256,
        "--loader-threads is " + loaderThreads + ", but must be in [0,256]");
    TrainSettings settings = resume ? null : settings(mistakes);
    double maxBad = options.maxBad();
    require(
        mistakes,
        !resume || (maxBad >= 0 && maxBad <= 1),
        "--max-bad is " + maxBad + ", but must be in [0,1]");
    if (folder == null || !mistakes.isEmpty()) {
      throw new ParameterException(spec.commandLine(), String.join("\n", mistakes));
    }
    TrainRun.Threads counts = new TrainRun.Threads(KernelThreads.of(spec, threads), loaderThreads);
    try {
      if (settings == null) {
        TrainRun.resume(folder, this::agree, counts, display);
      } else {
        TrainRun.start(settings, folder, counts, display);
      }
    } catch (UncheckedIOException e) { // of what is printed before the first step
      boolean begun = Files.exists(folder.resolve(RunFiles.CONFIG));
      throw begun
          ? new CommandFailure(e.getMessage() + "; --resume --out " + folder + " continues", e)
          : e;
    }
    return 0;
  }

  /** Returns the settings; adds to the mistakes what they cannot be. */
  private TrainSettings settings(List<String> mistakes) {
    DeviceChoice.check(spec, options.device());
    mistakes.addAll(options.mistakes());
    TrainSettings settings = options.build().withData(options.absoluteData());
    mistakes.addAll(settings.broken(TrainCommand::option));
    return settings;
  }

  /**
   * Returns the settings of a run to be resumed, with the place of the data and the limit of bad
   * ones that are given here; refuses other options that contradict them.
   */
  private TrainSettings agree(TrainSettings stored) {
    Map<String, Object> values = stored.values();
    for (String component : values.keySet()) {
      OptionSpec given = spec.commandLine().getParseResult().matchedOption(option(component));
      if (given != null && !MOVABLE.contains(component)) {
        Object value = given.getValue();
        boolean word = WORDS.contains(component); // in any case
        agree(
            option(component),
            word ? lower(value) : value,
            word ? lower(values.get(component)) : values.get(component));
      }
    }
    List<String> data = options.absoluteData();
    TrainSettings moved = data.isEmpty() ? stored : stored.withData(data);
    return isGiven(option("maxBad")) ? moved.withMaxBad(options.maxBad()) : moved;
  }

  private boolean isGiven(String option) {
    return spec.commandLine().getParseResult().hasMatchedOption(option);
  }

  private void agree(String option, @Nullable Object given, @Nullable Object stored) {
    if (!Objects.equals(stored, given)) {
      throw new CommandFailure(
          option
              + " is "
              + given
              + ", but the run in "
              + out
              + " has "
              + stored
              + "; leave it out, or start another run");
    }
  }

  private static String lower(@Nullable Object word) {
    return String.valueOf(word).toLowerCase(Locale.ROOT);
  }

  private static void require(List<String> mistakes, boolean holds, String message) {
    if (!holds) {
      mistakes.add(message);
    }
  }

  /** Returns the option that sets a component of the settings. */
  private static String option(String component) {
    return component.equals("learningRate")
        ? "--lr"
        : "--" + component.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
  }
}
