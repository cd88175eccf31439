package org.octothorpe.cli.train;

import java.util.List;
import org.octothorpe.DType;
import org.octothorpe.graph.Loss;
import org.octothorpe.models.Stem;
import org.octothorpe.train.Schedule;
import org.octothorpe.train.SgdOptions;

/**
 * What decides the result of a training run; kept as {@code config.json} in its folder. Threads and
 * display are no part of it.
 *
 * @param data shards and folders
 * @param vocabulary {@code top:N} or {@code file:F}
 * @param model such as {@code resnext50_32x4d}
 * @param stem first layers
 * @param imageSize rows and columns in pixels
 * @param images images to process
 * @param batch images a step
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

  /**
   * Returns the images of the warm-up of a run that names none: a twentieth, but 100 steps or a
   * quarter of the run, whichever is shorter, if that is more.
   */
  public static long defaultWarmup(long images, int batch) {
    return Math.max(images / 20, Math.min((long) WARMUP_STEPS * batch, images / 4));
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
   * Returns the options of the optimiser.
   *
   * @throws IllegalArgumentException if a value is impossible; the message names it
   */
  SgdOptions sgd() {
    return new SgdOptions(momentum, true, weightDecay, false);
  }
}
