package org.octothorpe.cli.train;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.octothorpe.DType;
import org.octothorpe.cli.CommandFailure;
import org.octothorpe.cli.CommonOptions;
import org.octothorpe.cli.DeviceChoice;
import org.octothorpe.cli.FloatType;
import org.octothorpe.cli.KernelThreads;
import org.octothorpe.graph.Loss;
import org.octothorpe.models.Stem;
import org.octothorpe.train.Schedule;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The verb that pretrains a network on hashtagged images. */
@Command(
    name = "train",
    description = {
      "Pretrains a ResNeXt to predict the hashtags of images: JPEG, PNG or WebP by their content, upright as EXIF says.",
      "A run has a folder: config.json, log.csv, loss.png, vocabulary.txt, data.tsv.gz, checkpoints, and 'latest', a link (or a file) that leads to the newest one.",
      "Killed at any moment, it goes on from its latest checkpoint with --resume and ends bit for bit as if nothing had happened.",
      "Ctrl-C writes a checkpoint first."
    },
    footer = {
      "  octothorpe train --data 'shards/train-*.tar' --vocabulary top:1500 --model resnext50_32x4d --images 10000000 --out run",
      "      WebDataset shards of NAME.jpg and NAME.json {\"tags\": [...]}; 224 pixels, the paper's recipe",
      "  octothorpe train --data photos --vocabulary file:tags.txt --image-size 64 --images 200000 --out run",
      "      a folder with labels.csv or tags.jsonl; small images get a small stem and milder augmentation",
      "  octothorpe train --resume --out run",
      "      goes on with the settings of the run's folder",
      "  octothorpe train --resume --data '/mnt/new/train-*.tar' --max-bad 0.01 --out run",
      "      the same after the data have moved, and with up to 1 %% of them bad"
    })
public final class TrainCommand implements Callable<Integer> {
  @Mixin CommonOptions common = new CommonOptions();

  @Option(
      names = "--data",
      paramLabel = "SOURCE",
      arity = "1..*",
      description = "Tar shards, globs of them, or folders.")
  private List<String> data = List.of();

  @Option(
      names = "--vocabulary",
      paramLabel = "V",
      description =
          "top:N, the N most frequent tags (default top:1500), or file:F, one tag a line.")
  private String vocabulary = "top:1500";

  @Option(
      names = "--model",
      paramLabel = "NAME",
      description =
          "DEPTH_GxCd with depth resnext14, resnext26, resnext50 or resnext101 (default"
              + " resnext50_32x4d); _wP behind it narrows the first stage to P planes (64).")
  private String model = "resnext50_32x4d";

  @Option(
      names = "--stem",
      paramLabel = "S",
      description = "auto (default: small below 96 pixels), full or small.")
  private String stem = "auto";

  @Option(
      names = "--image-size",
      paramLabel = "PX",
      description = "Rows and columns of the images (default 224).")
  private int imageSize = 224;

  @Option(
      names = "--images",
      paramLabel = "N",
      description = "Images to process in all, in whole batches; required.")
  private long images;

  @Option(names = "--batch", paramLabel = "N", description = "Images a step (default 64).")
  private int batch = 64;

  @Option(
      names = "--lr",
      paramLabel = "RATE",
      description =
          "Peak learning rate (default: batch x 0.1/256; below 96 pixels batch x 0.1/64; a run of"
              + " fewer than 200 steps has as much less as it has fewer).")
  private @Nullable Double learningRate;

  @Option(
      names = "--warmup",
      paramLabel = "N",
      description =
          "Images of the linear warm-up (default: 5 %% of --images, but at least 100 steps or"
              + " half of the run, whichever is shorter).")
  private @Nullable Long warmup;

  @Option(
      names = "--schedule",
      paramLabel = "S",
      description = "cosine (default), halving, step or constant.")
  private Schedule.Decay schedule = Schedule.Decay.COSINE;

  @Option(
      names = "--decay-steps",
      paramLabel = "N",
      description = "Reductions of halving (default 10) or step (default 3).")
  private @Nullable Integer decaySteps;

  @Option(
      names = "--momentum",
      paramLabel = "M",
      description = "Nesterov momentum, in [0,1) (default 0.9).")
  private double momentum = 0.9;

  @Option(
      names = "--weight-decay",
      paramLabel = "D",
      description = "Weight decay (default 1e-4; below 96 pixels 5e-4); none on batch norms.")
  private @Nullable Double weightDecay;

  @Option(names = "--loss", paramLabel = "L", description = "softmax (default) or sigmoid.")
  private Loss loss = Loss.SOFTMAX;

  @Option(
      names = "--dtype",
      paramLabel = "TYPE",
      converter = FloatType.class,
      description = "Type of activations and weights: f32 (default) or bf16; masters are f32.")
  private DType dtype = DType.F32;

  @Option(
      names = "--augment",
      paramLabel = "A",
      description =
          "auto (default: padded below 96 pixels), crop (8-100 %% of the area) or padded (4 pixels); both mirror.")
  private String augment = "auto";

  @Option(names = "--device", paramLabel = "NAME", description = DeviceChoice.DEVICES)
  private String device = "cpu";

  @Option(
      names = "--deterministic",
      description =
          "The same result for any number of threads: oneDNN, which may add in another order, is"
              + " left out. Slower. Resuming with the same threads is exact without it.")
  private boolean deterministic;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Fixes parameters, order and augmentation (default 1).")
  private long seed = 1;

  @Option(
      names = "--checkpoint-every",
      paramLabel = "N",
      description = "Images between checkpoints (default: a twentieth of --images).")
  private @Nullable Long checkpointEvery;

  @Option(
      names = "--max-bad",
      paramLabel = "SHARE",
      description =
          "Share of the data that may be unusable, in [0,1] (default 0.001). One bad item is always"
              + " allowed, unless it is 0.")
  private double maxBad = 0.001;

  @Option(names = "--out", paramLabel = "DIR", description = "The run's folder; required.")
  private @Nullable Path out;

  @Option(
      names = "--resume",
      description =
          "Go on with the run in --out and its settings. --data says where the data have moved (they"
              + " must be the same images in the same order), --max-bad sets another limit;"
              + " --threads, --loader-threads, --memory-plan and --profile are free; whatever else"
              + " is given must agree with the run.")
  private boolean resume;

  @Option(names = "--threads", paramLabel = "N", description = KernelThreads.DESCRIPTION)
  private int threads;

  @Option(
      names = "--loader-threads",
      paramLabel = "N",
      description = "Threads that read and decode, in [0,256]; 0 (the default) is one a processor.")
  private int loaderThreads;

  @Option(names = "--memory-plan", description = "Print where the planner put every tensor.")
  private boolean memoryPlan;

  @Option(
      names = "--profile",
      description = "Print the time of every step of the graph at the end.")
  private boolean profile;

  private final List<String> mistakes = new ArrayList<>();

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws IOException {
    PrintWriter output = spec.commandLine().getOut();
    TrainRun.Display display = new TrainRun.Display(output, memoryPlan, profile);
    Path folder = out;
    require(folder != null, "--out is missing: the run's folder");
    require(
        loaderThreads >= 0 && loaderThreads <= 256,
        "--loader-threads is " + loaderThreads + ", but must be in [0,256]");
    TrainSettings settings = resume ? null : settings();
    require(
        !resume || (maxBad >= 0 && maxBad <= 1),
        "--max-bad is " + maxBad + ", but must be in [0,1]");
    if (folder == null || !mistakes.isEmpty()) {
      throw usage(String.join("\n", mistakes));
    }
    TrainRun.Threads counts = new TrainRun.Threads(KernelThreads.of(spec, threads), loaderThreads);
    try {
      if (settings == null) {
        TrainRun.resume(folder, this::agree, counts, display);
      } else {
        TrainRun.start(settings, folder, counts, display);
      }
    } catch (UncheckedIOException e) { // of what is printed before the first step
      boolean begun = Files.exists(folder.resolve("config.json"));
      throw begun
          ? new CommandFailure(e.getMessage() + "; --resume --out " + folder + " goes on", e)
          : e;
    }
    return 0;
  }

  /** Returns the settings; adds to the mistakes what they cannot be. */
  private TrainSettings settings() {
    require(!data.isEmpty(), "--data is missing: shards, globs of them, or folders");
    boolean counted = isGiven("--images");
    require(counted, "--images is missing: how many to process in all");
    DeviceChoice.check(spec, device);
    boolean small = Stem.forImageSize(imageSize) == Stem.SMALL;
    int steps = decaySteps != null ? decaySteps : schedule == Schedule.Decay.STEP ? 3 : 10;
    long every = checkpointEvery != null ? checkpointEvery : Math.max(batch, images / 20);
    Stem firstLayers =
        switch (stem.toLowerCase(Locale.ROOT)) {
          case "full" -> Stem.FULL;
          case "small" -> Stem.SMALL;
          default -> Stem.forImageSize(imageSize);
        };
    require(
        List.of("auto", "full", "small").contains(stem.toLowerCase(Locale.ROOT)),
        "--stem is '" + stem + "', but must be auto, full or small");
    String views = augment.toLowerCase(Locale.ROOT);
    if (!TrainSettings.AUGMENTATIONS.contains(views)) {
      require(
          views.equals("auto"), "--augment is '" + augment + "', but must be auto, crop or padded");
      views = small ? "padded" : "crop";
    }
    long total = counted ? images : 1; // what is missing is a mistake already
    TrainSettings settings =
        new TrainSettings(
            absolute(data),
            vocabulary,
            model,
            firstLayers,
            imageSize,
            total,
            batch,
            learningRate != null
                ? learningRate
                : TrainSettings.defaultLearningRate(total, batch, small),
            warmup != null ? warmup : TrainSettings.defaultWarmup(total, batch),
            schedule,
            steps,
            momentum,
            weightDecay != null ? weightDecay : small ? 5e-4 : 1e-4,
            loss,
            dtype,
            views,
            device,
            deterministic,
            seed,
            every,
            maxBad);
    mistakes.addAll(settings.broken(TrainCommand::option));
    return settings;
  }

  /** The same from any folder: a run is resumed from where its user happens to be. */
  private static List<String> absolute(List<String> sources) {
    return sources.stream().map(s -> Path.of(s).toAbsolutePath().normalize().toString()).toList();
  }

  /**
   * Returns the settings of a run to be resumed, with the place of the data and the limit of bad
   * ones that are given here; refuses other options that contradict them.
   */
  private TrainSettings agree(TrainSettings stored) {
    agree("--vocabulary", vocabulary, stored.vocabulary());
    agree("--model", model, stored.model());
    agree("--stem", stem.toLowerCase(Locale.ROOT), stored.stem().name().toLowerCase(Locale.ROOT));
    agree("--image-size", imageSize, stored.imageSize());
    agree("--images", images, stored.images());
    agree("--batch", batch, stored.batch());
    agree("--lr", learningRate, stored.learningRate());
    agree("--warmup", warmup, stored.warmup());
    agree("--schedule", schedule, stored.schedule());
    agree("--decay-steps", decaySteps, stored.decaySteps());
    agree("--momentum", momentum, stored.momentum());
    agree("--weight-decay", weightDecay, stored.weightDecay());
    agree("--loss", loss, stored.loss());
    agree("--dtype", dtype, stored.dtype());
    agree("--augment", augment.toLowerCase(Locale.ROOT), stored.augment());
    agree("--device", device, stored.device());
    agree("--deterministic", deterministic, stored.deterministic());
    agree("--seed", seed, stored.seed());
    agree("--checkpoint-every", checkpointEvery, stored.checkpointEvery());
    TrainSettings moved = data.isEmpty() ? stored : stored.withData(absolute(data));
    return isGiven("--max-bad") ? moved.withMaxBad(maxBad) : moved;
  }

  private boolean isGiven(String option) {
    return spec.commandLine().getParseResult().hasMatchedOption(option);
  }

  private void agree(String option, @Nullable Object given, Object stored) {
    if (isGiven(option) && !stored.equals(given)) {
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

  private void require(boolean holds, String message) {
    if (!holds) {
      mistakes.add(message);
    }
  }

  /** Returns the option that sets a component of the settings. */
  private static String option(String component) {
    return "--" + component.replaceAll("([A-Z])", "-$1").toLowerCase(Locale.ROOT);
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
