package org.octothorpe.cli.train;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.octothorpe.DType;
import org.octothorpe.cli.common.DeviceChoice;
import org.octothorpe.cli.common.FloatType;
import org.octothorpe.graph.Loss;
import org.octothorpe.models.Stem;
import org.octothorpe.train.Schedule;
import picocli.CommandLine.Option;

/**
 * The options that decide the result of a training run, with their defaults: the builder of {@link
 * TrainSettings}.
 */
public final class TrainOptions {
  private static final String AUTO = "auto";
  private static final List<String> STEMS = List.of(AUTO, "full", "small");
  private static final double SMALL_WEIGHT_DECAY = 5e-4;
  private static final double WEIGHT_DECAY = 1e-4;

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
          "top:N, the N most frequent tags (default top:1500), or file:F, one tag per line.")
  private String vocabulary = "top:1500";

  @Option(
      names = "--model",
      paramLabel = "NAME",
      description =
          "DEPTH_GxCd with depth resnext14, resnext26, resnext50 or resnext101 (default"
              + " resnext50_32x4d); _wP after it narrows the first stage to P planes (64).")
  private String model = "resnext50_32x4d";

  @Option(
      names = "--stem",
      paramLabel = "S",
      description = "auto (default: small below 96 pixels), full or small.")
  private String stem = AUTO;

  @Option(
      names = "--image-size",
      paramLabel = "PX",
      description = "Rows and columns of the images (default 224).")
  private int imageSize = 224;

  @Option(
      names = "--images",
      paramLabel = "N",
      description = "Images to process in all, in whole batches; required.")
  private @Nullable Long images;

  @Option(names = "--batch", paramLabel = "N", description = "Images per step (default 64).")
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
  private String augment = AUTO;

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

  /** Sets the images of a run: where they are, their tags, and how many to process. */
  public TrainOptions withData(List<String> sources, String tags, long imagesToProcess) {
    data = sources;
    vocabulary = tags;
    images = imagesToProcess;
    return this;
  }

  /** Sets the network and the rows and columns of its images. */
  public TrainOptions withModel(String name, int pixels) {
    model = name;
    imageSize = pixels;
    return this;
  }

  /** Sets the images per step. */
  public TrainOptions withBatch(int size) {
    batch = size;
    return this;
  }

  /** Sets the type of activations and weights. */
  public TrainOptions withDtype(DType type) {
    dtype = type;
    return this;
  }

  /** Sets the seed of parameters, order and augmentation. */
  public TrainOptions withSeed(long value) {
    seed = value;
    return this;
  }

  /** Sets the images between checkpoints. */
  public TrainOptions withCheckpointEvery(long imagesBetween) {
    checkpointEvery = imagesBetween;
    return this;
  }

  /** Returns the device. */
  String device() {
    return device;
  }

  /** Returns where the data are, absolute: a run may be resumed from any current directory. */
  List<String> absoluteData() {
    return data.stream().map(s -> Path.of(s).toAbsolutePath().normalize().toString()).toList();
  }

  /** Returns the share of the data that may be unusable. */
  double maxBad() {
    return maxBad;
  }

  /** Returns what is missing or is not one of the words that an option takes. */
  List<String> mistakes() {
    List<String> mistakes = new ArrayList<>();
    if (data.isEmpty()) {
      mistakes.add("--data is missing: shards, globs of them, or folders");
    }
    if (images == null) {
      mistakes.add("--images is missing: how many to process in all");
    }
    if (!STEMS.contains(lower(stem))) {
      mistakes.add("--stem is '" + stem + "', but must be auto, full or small");
    }
    String views = lower(augment);
    if (!views.equals(AUTO) && !TrainSettings.AUGMENTATIONS.contains(views)) {
      mistakes.add("--augment is '" + augment + "', but must be auto, crop or padded");
    }
    return mistakes;
  }

  /** Returns the settings; what is missing or is not one of the words has its default. */
  public TrainSettings build() {
    long total = images != null ? images : 1;
    boolean small = Stem.forImageSize(imageSize) == Stem.SMALL;
    return new TrainSettings(
        data,
        vocabulary,
        model,
        switch (lower(stem)) {
          case "full" -> Stem.FULL;
          case "small" -> Stem.SMALL;
          default -> Stem.forImageSize(imageSize);
        },
        imageSize,
        total,
        batch,
        learningRate != null
            ? learningRate
            : TrainSettings.defaultLearningRate(total, batch, small),
        warmup != null ? warmup : TrainSettings.defaultWarmup(total, batch),
        schedule,
        decaySteps != null ? decaySteps : schedule == Schedule.Decay.STEP ? 3 : 10,
        momentum,
        weightDecay != null ? weightDecay : small ? SMALL_WEIGHT_DECAY : WEIGHT_DECAY,
        loss,
        dtype,
        TrainSettings.AUGMENTATIONS.contains(lower(augment))
            ? lower(augment)
            : small ? "padded" : "crop",
        device,
        deterministic,
        seed,
        checkpointEvery != null ? checkpointEvery : Math.max(batch, total / 20),
        maxBad);
  }

  private static String lower(String word) {
    return word.toLowerCase(Locale.ROOT);
  }
}
