package org.octothorpe.train;

import org.octothorpe.Call;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.graph.Loss;
import org.octothorpe.graph.Parameters;
import org.octothorpe.graph.TrainingPlan;
import org.octothorpe.models.Network;
import org.octothorpe.ops.Sgd;

/**
 * Takes training steps: normalizes a batch, runs the plan, updates the parameters. A step allocates
 * nothing.
 */
public final class Trainer implements AutoCloseable {
  /**
   * The maximum number of labels per image in training: a batch has room for that many of each
   * image, so that a run never refuses a batch of a sound data set.
   */
  public static final int MAX_LABELS_PER_IMAGE = 1024;

  private final TrainingPlan plan;
  private final Parameters parameters;
  private final Sgd sgd;
  private final Tensor segmentEnds;
  private final Tensor segmentDecay;
  private final Tensor pixels;
  private final Call normalize;
  private final Call update;
  private long steps;

  /**
   * Plans training of a network with {@link Loss#SOFTMAX} and {@link SgdOptions#DEFAULT}; see
   * {@link #of(Network, Shape, DType, Loss, SgdOptions, boolean)}.
   */
  public static Trainer of(Network network, Shape input, DType dtype) {
    return of(network, input, dtype, Loss.SOFTMAX, SgdOptions.DEFAULT);
  }

  /**
   * Plans training of a network; see {@link #of(Network, Shape, DType, Loss, SgdOptions, boolean)}.
   */
  public static Trainer of(
      Network network, Shape input, DType dtype, Loss loss, SgdOptions options) {
    return of(network, input, dtype, loss, options, false);
  }

  /**
   * Plans training of a network, which must outlive the trainer.
   *
   * @param input [N,H,W,3]; N is the batch
   * @param dtype the type of activations and weights, F32 or BF16; masters and gradients of weights
   *     are F32
   * @param keepLogits whether a step leaves its logits in {@link TrainingPlan#logits()}
   */
  public static Trainer of(
      Network network,
      Shape input,
      DType dtype,
      Loss loss,
      SgdOptions options,
      boolean keepLogits) {
    long labels = Math.min(Integer.MAX_VALUE, input.get(0) * MAX_LABELS_PER_IMAGE);
    return new Trainer(
        network.trainingPlan(input, dtype, loss, Math.toIntExact(labels), keepLogits), options);
  }

  /** Makes a trainer that owns the plan. */
  public Trainer(TrainingPlan plan, SgdOptions options) {
    this.plan = plan;
    this.parameters = plan.parameters();
    Device device = parameters.device();
    Shape input = plan.input().shape();
    this.pixels = device.allocate(DType.U8, input);
    this.normalize = Normalization.of(pixels, plan.input());
    Parameters.Segments segments = parameters.segments(options.weightDecay(), options.decayNorms());
    this.segmentEnds = device.allocate(DType.I64, Shape.of(segments.ends().length));
    segmentEnds.copyFrom(segments.ends());
    this.segmentDecay = device.allocate(DType.F32, Shape.of(segments.decays().length));
    segmentDecay.copyFrom(segments.decays());
    this.sgd = new Sgd(device, (float) options.momentum(), options.nesterov());
    this.update =
        sgd.step(
            parameters.flatValues(),
            parameters.flatGradient(),
            parameters.flatMomentum(),
            parameters.flatBf16(),
            segmentEnds,
            segmentDecay);
  }

  /**
   * Takes a step on a batch of pixels.
   *
   * @param batch as many images as the plan has, of its size
   * @param learningRate finite, &gt;= 0
   * @return the mean loss of the batch before the step, in nats
   * @throws NonFiniteLossException if the loss is not finite; the trained parameters are left as
   *     they were
   */
  public double step(Batch batch, double learningRate) {
    Shape input = plan.input().shape();
    if (batch.size() != plan.batch()
        || batch.height() != input.get(1)
        || batch.width() != input.get(2)) {
      throw new IllegalArgumentException(
          "the batch has "
              + batch.size()
              + " images of "
              + batch.height()
              + "x"
              + batch.width()
              + ", but the plan is for the shape "
              + input);
    }
    pixels.copyFrom(batch.pixels());
    normalize.run();
    plan.setLabels(batch.offsets(), batch.labels());
    return step(learningRate);
  }

  /** Takes a step on what lies in {@link TrainingPlan#input()} and the labels of the plan. */
  public double step(double learningRate) {
    double loss = plan.run();
    if (!Double.isFinite(loss)) {
      throw new NonFiniteLossException(steps, loss, learningRate);
    }
    sgd.setLearningRate((float) learningRate);
    update.run();
    steps++;
    parameters.setTrainedBatches(parameters.trainedBatches() + 1);
    return loss;
  }

  /** Returns the plan, for its tensors and reports. */
  public TrainingPlan plan() {
    return plan;
  }

  /** Returns the number of steps taken. */
  public long steps() {
    return steps;
  }

  /** Returns the number of images processed: steps times the batch of the plan. */
  public long images() {
    return steps * plan.batch();
  }

  /** Sets the number of steps taken, when a run is resumed. */
  public void setSteps(long taken) {
    steps = taken;
  }

  @Override
  public void close() {
    normalize.close();
    update.close();
    plan.close();
    pixels.close();
    segmentEnds.close();
    segmentDecay.close();
    sgd.close();
  }
}
