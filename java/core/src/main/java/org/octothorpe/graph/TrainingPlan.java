package org.octothorpe.graph;

import java.nio.FloatBuffer;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.octothorpe.Call;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.HostBuffer;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;

/**
 * Forward pass, loss and backward pass of a network for one input shape; leaves the gradients in
 * its {@link Parameters}.
 */
public final class TrainingPlan implements AutoCloseable {
  private final Device device;
  private final Parameters parameters;
  private final Plan plan;
  private final Tensor input;
  private final Tensor offsets;
  private final Tensor labels;
  private final Tensor losses;
  private final HostBuffer hostLosses;
  private final FloatBuffer lossValues;
  private final @Nullable Tensor logits;
  private final int batch;

  /**
   * Plans a training step.
   *
   * @param graph the network
   * @param result its output, the logits, [N,V]
   * @param parameters its state
   * @param dtype the type of activations and weights, F32 or BF16; gradients of weights are F32
   * @param loss the loss; the mean over the batch is differentiated
   * @param maxLabels the maximum number of labels in a batch
   * @param keepLogits whether the logits survive a run; otherwise their gradient takes their memory
   */
  public TrainingPlan(
      Graph graph,
      Value result,
      Parameters parameters,
      DType dtype,
      Loss loss,
      int maxLabels,
      boolean keepLogits) {
    this.device = parameters.device();
    this.parameters = parameters;
    this.batch = Math.toIntExact(result.shape().get(0));
    this.offsets = device.allocate(DType.I32, Shape.of(batch + 1L));
    this.labels = device.allocate(DType.I32, Shape.of(maxLabels));
    this.losses = device.allocate(DType.F32, Shape.of(batch));
    this.hostLosses = new HostBuffer((long) batch * Float.BYTES);
    this.lossValues = hostLosses.floats();
    Emitter emitter = new Emitter(device, dtype, true, parameters);
    Slot in = emitter.output(graph.input());
    Slot out;
    try {
      out = emit(emitter, graph, result, loss, keepLogits);
    } catch (RuntimeException e) {
      emitter.abandon();
      closeBatch();
      throw e;
    }
    try {
      this.plan = new Plan(emitter, keepLogits ? List.of(in, out) : List.of(in));
    } catch (RuntimeException e) {
      closeBatch();
      throw e;
    }
    this.input = in.tensor;
    this.logits = keepLogits ? out.tensor : null;
  }

  /** Emits forward, loss and backward; returns the logits. */
  private Slot emit(Emitter emitter, Graph graph, Value result, Loss loss, boolean keepLogits) {
    parameters.flatGradient();
    List<Node> nodes = Fusion.apply(graph);
    for (Node node : nodes) {
      node.forward(emitter);
    }
    Slot out = emitter.activation(result);
    Slot dlogits = emitter.gradientOf(result, keepLogits ? null : out);
    if (dlogits == null) {
      throw new IllegalArgumentException("the graph has no node: its result is its input");
    }
    Call call = loss.prepare(out.tensor, offsets, labels, 1f / batch, losses, dlogits.tensor);
    emitter.step("loss", call, List.of(out), List.of(dlogits));
    emitter.startBackward();
    for (int i = nodes.size() - 1; i >= 0; i--) {
      nodes.get(i).backward(emitter);
    }
    return out;
  }

  /** Returns the input, [N,H,W,C]: normalized pixels. It survives a run. */
  public Tensor input() {
    return input;
  }

  /** Returns the label offsets, i32 [N+1]: image n has the labels [offsets[n], offsets[n+1]). */
  public Tensor offsets() {
    return offsets;
  }

  /** Returns the labels, i32 [maxLabels]. */
  public Tensor labels() {
    return labels;
  }

  /**
   * Copies labels from host memory: image n has the labels [offsets[n], offsets[n+1]). Does not
   * allocate.
   *
   * @param hostOffsets i32 [N+1]
   * @param hostLabels i32 [offsets[N]] or longer
   * @throws IllegalArgumentException if there are more labels than the plan has room for
   */
  public void setLabels(HostBuffer hostOffsets, HostBuffer hostLabels) {
    int count = hostOffsets.intAt(batch);
    if (count < 0 || count > labels.shape().elements()) {
      throw new IllegalArgumentException(
          "the batch has " + count + " labels, but must have 0 to " + labels.shape().elements());
    }
    offsets.copyFrom(hostOffsets);
    labels.copyFrom(hostLabels, (long) count * Integer.BYTES);
  }

  /** Returns the logits of the last run, [N,V]; null unless the plan keeps them. */
  public @Nullable Tensor logits() {
    return logits;
  }

  /** Returns the loss of each image of the last run, f32 [N], in nats. */
  public Tensor losses() {
    return losses;
  }

  /** Returns the state whose gradients a run overwrites. */
  public Parameters parameters() {
    return parameters;
  }

  /** Returns the number of images of a run. */
  public int batch() {
    return batch;
  }

  /**
   * Runs forward, loss and backward; returns the mean loss of the batch, in nats. Allocates
   * nothing.
   */
  public double run() {
    plan.run();
    losses.copyTo(hostLosses);
    double sum = 0;
    for (int i = 0; i < batch; i++) {
      sum += lossValues.get(i);
    }
    return sum / batch;
  }

  /** Returns the steps of a run, for their reports. */
  public Plan steps() {
    return plan;
  }

  @Override
  public void close() {
    plan.close();
    closeBatch();
  }

  private void closeBatch() {
    offsets.close();
    labels.close();
    losses.close();
    hostLosses.close();
  }
}
