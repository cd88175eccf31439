package org.octothorpe.cli.train;

import java.io.IOException;
import java.io.PrintWriter;
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
import org.octothorpe.data.Vocabulary;
import org.octothorpe.graph.Loss;
import org.octothorpe.models.ResNeXt;
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
      "A run has a folder: config.json, log.csv, loss.png, vocabulary.txt, checkpoints, and 'latest', a link to the newest one.",
      "Killed at any moment, it goes on from its latest checkpoint with --resume and ends bit for bit as if nothing had happened.",
      "Ctrl-C writes a checkpoint first."
    },
    footer = {
      "  octothorpe train --data 'shards/train-*.tar' --vocabulary top:1500 --model resnext50_32x4d --images 10000000 --out run",
      "      WebDataset shards of NAME.jpg and NAME.json {\"tags\": [...]}; 224 pixels, the paper's recipe",
      "  octothorpe train --data photos --vocabulary file:tags.txt --image-size 64 --images 200000 --out run",
      "      a folder with labels.csv or tags.jsonl; small images get a small stem and milder augmentation",
      "  octothorpe train --resume --out run",
      "      goes on with the settings of the run's folder"
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
          "Peak learning rate (default: batch x 0.1/256; below 96 pixels batch x 0.1/64).")
  private @Nullable Double learningRate;

  @Option(
      names = "--warmup",
      paramLabel = "N",
      description =
          "Images of the linear warm-up (default: 5 %% of --images, but at least 100 steps or a"
              + " quarter of the run, whichever is shorter).")
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
          "Go on with the run in --out; its settings are used, and those given here must agree.")
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
    if (folder == null || !mistakes.isEmpty()) {
      throw usage(String.join("\n", mistakes));
    }
    TrainRun.Threads counts = new TrainRun.Threads(KernelThreads.of(spec, threads), loaderThreads);
    if (settings == null) {
      TrainRun.resume(folder, this::agree, counts, display);
    } else {
      TrainRun.start(settings, folder, counts, display);
    }
    return 0;
  }

  /** Returns the settings; adds to the mistakes what they cannot be. */
  private TrainSettings settings() {
    require(!data.isEmpty(), "--data is missing: shards, globs of them, or folders");
    require(
        images >= 1,
        spec.commandLine().getParseResult().hasMatchedOption("--images")
            ? "--images is " + images + ", but must be >= 1"
            : "--images is missing: how many to process in all");
    requireValid(() -> Vocabulary.checkOption(vocabulary));
    requireValid(() -> ResNeXt.of(model, 2));
    DeviceChoice.check(spec, device);
    require(
        imageSize >= 1 && imageSize <= 4096,
        "--image-size is " + imageSize + ", but must be in [1,4096]");
    require(
        batch >= 2 && batch <= 65536,
        "--batch is " + batch + ", but must be in [2,65536]: batch norm needs 2");
    require(maxBad >= 0 && maxBad <= 1, "--max-bad is " + maxBad + ", but must be in [0,1]");
    boolean small = Stem.forImageSize(imageSize) == Stem.SMALL;
    int steps = decaySteps != null ? decaySteps : schedule == Schedule.Decay.STEP ? 3 : 10;
    long every = checkpointEvery != null ? checkpointEvery : Math.max(batch, images / 20);
    require(every >= 1, "--checkpoint-every is " + every + ", but must be >= 1");
    Stem firstLayers =
        switch (stem.toLowerCase(Locale.ROOT)) {
          case "full" -> Stem.FULL;
          case "small" -> Stem.SMALL;
          default -> Stem.forImageSize(imageSize);
        };
    require(
        List.of("auto", "full", "small").contains(stem.toLowerCase(Locale.ROOT)),
        "--stem is '" + stem + "', but must be auto, full or small");
    require(
        List.of("auto", "crop", "padded").contains(augment.toLowerCase(Locale.ROOT)),
        "--augment is '" + augment + "', but must be auto, crop or padded");
    TrainSettings settings =
        new TrainSettings(
            absolute(data),
            vocabulary,
            model,
            firstLayers,
            imageSize,
            images,
            batch,
            learningRate != null
                ? learningRate
                : small ? 0.1 * batch / 64 : Schedule.scaled(0.1, batch),
            warmup != null ? warmup : TrainSettings.defaultWarmup(images, batch),
            schedule,
            steps,
            momentum,
            weightDecay != null ? weightDecay : small ? 5e-4 : 1e-4,
            loss,
            dtype,
            augment.equalsIgnoreCase("auto")
                ? small ? "padded" : "crop"
                : augment.toLowerCase(Locale.ROOT),
            device,
            deterministic,
            seed,
            every,
            maxBad);
    if (mistakes.isEmpty()) {
      requireValid(settings::learningRates);
      requireValid(settings::sgd);
    }
    return settings;
  }

  /** The same from any folder: a run is resumed from where its user happens to be. */
  private static List<String> absolute(List<String> sources) {
    return sources.stream().map(s -> Path.of(s).toAbsolutePath().normalize().toString()).toList();
  }

  /** Refuses options on the command line that contradict the settings of the run to be resumed. */
  private void agree(TrainSettings stored) {
    agree("--data", absolute(data), stored.data());
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
    agree("--max-bad", maxBad, stored.maxBad());
  }

  private void agree(String option, @Nullable Object given, Object stored) {
    boolean matched = spec.commandLine().getParseResult().hasMatchedOption(option);
    if (matched && !stored.equals(given)) {
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

  /** Notes the rule that a check finds broken. */
  private void requireValid(Runnable check) {
    try {
      check.run();
    } catch (IllegalArgumentException e) {
      mistakes.add(String.valueOf(e.getMessage()));
    }
  }

  private ParameterException usage(String message) {
    return new ParameterException(spec.commandLine(), message);
  }
}
