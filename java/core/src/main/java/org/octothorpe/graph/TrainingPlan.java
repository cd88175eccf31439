package org.octothorpe.graph;

import java.util.List;
import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.IntPointer;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.bindings.octothorpe;
import org.octothorpe.ops.Status;

/** Forward pass, loss and backward pass of a network for one input shape; leaves the gradients in its {@link Parameters}. */
public final class TrainingPlan implements AutoCloseable {
  private final Device device;
  private final Parameters parameters;
  private final Plan plan;
  private final Tensor input;
  private final Tensor offsets;
  private final Tensor labels;
  private final Tensor losses;
  private final FloatPointer hostLosses;
  private final int batch;

  /**
   * Plans a training step.
   *
   * @param graph the network
   * @param logits its output, [N,V]
   * @param parameters its state
   * @param dtype the type of activations and weights, F32 or BF16; gradients of weights are F32
   * @param loss the loss; the mean over the batch is differentiated
   * @param maxLabels labels at most, of all images of a batch together
   */
  public TrainingPlan(Graph graph, Value logits, Parameters parameters, DType dtype, Loss loss, int maxLabels) {
    this.device = parameters.device();
    this.parameters = parameters;
    this.batch = Math.toIntExact(logits.shape().get(0));
    this.offsets = device.allocate(DType.I32, Shape.of(batch + 1L));
    this.labels = device.allocate(DType.I32, Shape.of(maxLabels));
    this.losses = device.allocate(DType.F32, Shape.of(batch));
    this.hostLosses = new FloatPointer((long) batch);
    parameters.flatGradient();
    Emitter emitter = new Emitter(device, dtype, true, parameters);
    Slot in = emitter.output(graph.input());
    List<Node> nodes = Fusion.apply(graph);
    for (Node node : nodes) {
      node.forward(emitter);
    }
    Slot out = emitter.activation(logits);
    Slot dlogits = emitter.inPlace(out, "d " + logits.name(), logits.shape());
    emitter.step(
        "loss",
        0,
        List.of(out),
        List.of(dlogits),
        workspace -> loss.bind(device, out.tensor, offsets, labels, 1f / batch, losses));
    emitter.take(logits, dlogits);
    emitter.startBackward();
    for (int i = nodes.size() - 1; i >= 0; i--) {
      nodes.get(i).backward(emitter);
    }
    this.plan = new Plan(emitter, List.of(in));
    this.input = in.tensor;
  }

  /** Returns the input, [N,H,W,C]: normalised pixels. It survives a run. */
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
   * Copies labels from host memory: image n has the labels [offsets[n], offsets[n+1]). Makes no garbage.
   *
   * @throws IllegalArgumentException if there are more labels than the plan has room for
   */
  public void setLabels(IntPointer hostOffsets, IntPointer hostLabels) {
    int count = hostOffsets.get(batch);
    if (count < 0 || count > labels.shape().elements()) {
      throw new IllegalArgumentException(
          "the batch has " + count + " labels, but must have 0 to " + labels.shape().elements());
    }
    offsets.copyFrom(hostOffsets);
    Status.check(
        octothorpe.oct_copy_to_device(
            device.context(), labels.data(), hostLabels, (long) count * Integer.BYTES));
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

  /** Runs forward, loss and backward; returns the mean loss of the batch, in nats. Allocates nothing. */
  public double run() {
    plan.run();
    losses.copyTo(hostLosses);
    double sum = 0;
    for (int i = 0; i < batch; i++) {
      sum += hostLosses.get(i);
    }
    return sum / batch;
  }

  /** Returns the plan itself, for its reports. */
  public Plan plan() {
    return plan;
  }

  @Override
  public void close() {
    plan.close();
    offsets.close();
    labels.close();
    losses.close();
    hostLosses.close();
  }
}
