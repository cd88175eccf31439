package org.octothorpe.cli.train;

import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.octothorpe.DType;
import org.octothorpe.cli.common.CommandFailure;
import org.octothorpe.data.Vocabulary;
import org.octothorpe.graph.Loss;
import org.octothorpe.io.RunFolder;
import org.octothorpe.models.ResNeXt;
import org.octothorpe.models.Stem;
import org.octothorpe.train.Schedule;
import org.octothorpe.train.SgdOptions;

/**
 * What decides the result of a training run; kept as {@code config.json} in its folder. Threads and
 * display are not part of it.
 *
 * @param data shards and folders
 * @param vocabulary {@code top:N} or {@code file:F}
 * @param model such as {@code resnext50_32x4d}
 * @param stem first layers
 * @param imageSize rows and columns in pixels
 * @param images images to process
 * @param batch images per step
 * @param learningRate the peak
 * @param warmup images of the linear warm-up
 * @param schedule the decay after it
 * @param decaySteps reductions of a halving or step decay
 * @param momentum Nesterov momentum
 * @param weightDecay L2 decay of weights and of the last bias; none on batch norms
 * @param loss softmax or sigmoid
 * @param dtype type of activations and weights
 * @param augment {@code crop} or {@code padded}
 * @param device such as {@code cpu}
 * @param deterministic whether the result is the same for any number of threads
 * @param seed of parameters, order and augmentation
 * @param checkpointEvery images between checkpoints
 * @param maxBad share of the data that may be unusable
 */
public record TrainSettings(
    List<String> data,
    String vocabulary,
    String model,
    Stem stem,
    int imageSize,
    long images,
    int batch,
    double learningRate,
    long warmup,
    Schedule.Decay schedule,
    int decaySteps,
    double momentum,
    double weightDecay,
    Loss loss,
    DType dtype,
    String augment,
    String device,
    boolean deterministic,
    long seed,
    long checkpointEvery,
    double maxBad) {
  private static final int WARMUP_STEPS = 100;

  /** The names of the augmentations. */
  static final List<String> AUGMENTATIONS = List.of("crop", "padded");

  /**
   * Returns the images of the warm-up of a run that names none: a twentieth, but 100 steps or half
   * of the run, whichever is shorter, if that is more.
   */
  public static long defaultWarmup(long images, int batch) {
    return Math.max(images / 20, Math.min((long) WARMUP_STEPS * batch, images / 2));
  }

  /**
   * Returns the peak learning rate of a run that names none: in proportion to the batch. In a run
   * of fewer than 200 steps, whose warm-up is shorter than 100, it is lower by as much, so that the
   * rate climbs no faster than in a longer run: a network that meets the full rate too early
   * diverges.
   *
   * @param small whether the images are small
   */
  public static double defaultLearningRate(long images, int batch, boolean small) {
    double peak = small ? 0.1 * batch / 64 : Schedule.scaled(0.1, batch);
    return peak * Math.min(1, (double) images / batch / (2 * WARMUP_STEPS));
  }

  /**
   * Reads the settings of a run.
   *
   * @throws CommandFailure if its config.json, which people may have edited, breaks a rule
   */
  static TrainSettings read(RunFolder folder) throws IOException {
    TrainSettings settings =
        RecordJson.read(
            folder.readConfig(), TrainSettings.class, folder.config(), "settings of a run");
    List<String> broken = settings.broken(name -> "\"" + name + "\"");
    if (!broken.isEmpty()) {
      throw new CommandFailure(
          folder.config() + " does not hold the settings of a run: " + String.join("; ", broken));
    }
    return settings;
  }

  /** Returns the values by the names of the components, in their order. */
  Map<String, Object> values() {
    Map<String, Object> values = new LinkedHashMap<>();
    for (RecordComponent component : TrainSettings.class.getRecordComponents()) {
      try {
        values.put(component.getName(), component.getAccessor().invoke(this));
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException("a record's own accessor cannot be called", e);
      }
    }
    return values;
  }

  /** Returns these settings with the data at another place. */
  TrainSettings withData(List<String> sources) {
    return with(sources, maxBad);
  }

  /** Returns these settings with another share of the data that may be unusable. */
  TrainSettings withMaxBad(double share) {
    return with(data, share);
  }

  private TrainSettings with(List<String> sources, double share) {
    return new TrainSettings(
        sources,
        vocabulary,
        model,
        stem,
        imageSize,
        images,
        batch,
        learningRate,
        warmup,
        schedule,
        decaySteps,
        momentum,
        weightDecay,
        loss,
        dtype,
        augment,
        device,
        deterministic,
        seed,
        checkpointEvery,
        share);
  }

  /**
   * Returns the rules that the values break, one per line.
   *
   * @param name what the user calls a component of this record
   */
  List<String> broken(UnaryOperator<String> name) {
    List<String> rules = new ArrayList<>();
    String size = name.apply("imageSize") + " is " + imageSize;
    check(rules, imageSize >= 1 && imageSize <= 4096, size + ", but must be in [1,4096]");
    String images = name.apply("images") + " is " + this.images;
    check(rules, this.images >= 1, images + ", but must be >= 1");
    String batch = name.apply("batch") + " is " + this.batch;
    check(
        rules,
        this.batch >= 2 && this.batch <= 65536,
        batch + ", but must be in [2,65536]: batch norm needs 2");
    String share = name.apply("maxBad") + " is " + maxBad;
    check(rules, maxBad >= 0 && maxBad <= 1, share + ", but must be in [0,1]");
    String every = name.apply("checkpointEvery") + " is " + checkpointEvery;
    check(rules, checkpointEvery >= 1, every + ", but must be >= 1");
    check(
        rules,
        AUGMENTATIONS.contains(augment),
        name.apply("augment") + " is '" + augment + "', but must be crop or padded");
    check(rules, () -> Vocabulary.checkOption(vocabulary));
    check(rules, () -> ResNeXt.of(model, 2));
    if (rules.isEmpty()) {
      check(rules, this::learningRates);
      check(rules, this::sgd);
    }
    return rules;
  }

  private static void check(List<String> rules, boolean holds, String rule) {
    if (!holds) {
      rules.add(rule);
    }
  }

  private static void check(List<String> rules, Runnable check) {
    try {
      check.run();
    } catch (IllegalArgumentException e) {
      rules.add(String.valueOf(e.getMessage()));
    }
  }

  /**
   * Returns the schedule of the learning rate.
   *
   * @throws IllegalArgumentException if a value is impossible; the message names it
   */
  Schedule learningRates() {
    return new Schedule(learningRate, 0, warmup, schedule, decaySteps, images).inStepsOf(batch);
  }

  /**
   * Returns the options of the optimizer.
   *
   * @throws IllegalArgumentException if a value is impossible; the message names it
   */
  SgdOptions sgd() {
    return new SgdOptions(momentum, true, weightDecay, false);
  }
}
