package org.octothorpe.train;

import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.graph.ParameterSpec;
import org.octothorpe.graph.Parameters;
import org.octothorpe.graph.TrainingPlan;
import org.octothorpe.Call;
import org.octothorpe.ops.Sgd;

/**
 * Takes training steps: normalises a batch, runs the plan, updates the parameters. A step allocates
 * nothing.
 */
public final class Trainer implements AutoCloseable {
  /**
   * The most labels of an image in training: a batch has room for that many of each, so that no
   * batch of a sound data set is refused amid a run.
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

  /** Makes a trainer that owns the plan. */
  public Trainer(TrainingPlan plan, SgdOptions options) {
    this.plan = plan;
    this.parameters = plan.parameters();
    Device device = parameters.device();
    Shape input = plan.input().shape();
    this.pixels = device.allocate(DType.U8, input);
    this.normalize = Normalization.of(device, pixels, plan.input());
    long[] ends =
        new long
            [Math.toIntExact(parameters.specs().stream().filter(s -> s.role().trained()).count())];
    float[] decay = new float[ends.length];
    int segment = 0;
    for (ParameterSpec spec : parameters.specs()) {
      if (!spec.role().trained()) {
        continue;
      }
      if (segment > 0) {
        ends[segment - 1] = parameters.offset(spec.key());
      }
      boolean decays = spec.role() != ParameterSpec.Role.NORM || options.decayNorms();
      decay[segment++] = decays ? (float) options.weightDecay() : 0;
    }
    ends[segment - 1] = parameters.flatValues().shape().elements();
    this.segmentEnds = device.allocate(DType.I64, Shape.of(ends.length));
    segmentEnds.copyFrom(ends);
    this.segmentDecay = device.allocate(DType.F32, Shape.of(ends.length));
    segmentDecay.copyFrom(decay);
    this.sgd = new Sgd((float) options.momentum(), options.nesterov());
    this.update =
        sgd.step(
            device,
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
    sgd.learningRate((float) learningRate);
    update.run();
    steps++;
    parameters.trainedBatches(parameters.trainedBatches() + 1);
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
  public void steps(long taken) {
    steps = taken;
  }

  @Override
  public void close() {
    plan.close();
    pixels.close();
    segmentEnds.close();
    segmentDecay.close();
    sgd.close();
  }
}
