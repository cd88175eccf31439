package org.octothorpe.graph;

import java.util.List;
import org.octothorpe.DType;
import org.octothorpe.Tensor;

/**
 * The forward pass of a network for one input shape, with the running statistics of its batch
 * norms.
 */
public final class InferencePlan implements AutoCloseable {
  private final Plan plan;
  private final Tensor input;
  private final Tensor output;

  /**
   * Plans the forward pass.
   *
   * @param graph the network
   * @param result the value of the graph that is wanted
   * @param parameters its state; later changes of it are seen by later runs
   * @param dtype the type of activations and weights, F32 or BF16
   */
  public InferencePlan(Graph graph, Value result, Parameters parameters, DType dtype) {
    Emitter emitter = new Emitter(parameters.device(), dtype, false, parameters);
    Slot in = emitter.output(graph.input());
    Slot out;
    try {
      for (Node node : Fusion.apply(graph)) {
        node.forward(emitter);
      }
      out = emitter.activation(result);
    } catch (RuntimeException e) {
      emitter.abandon();
      throw e;
    }
    this.plan = new Plan(emitter, List.of(in, out));
    this.input = in.tensor;
    this.output = out.tensor;
  }

  /** Returns the input, [N,H,W,C]: normalized pixels. */
  public Tensor input() {
    return input;
  }

  /** Returns the output of the last run. */
  public Tensor output() {
    return output;
  }

  /** Runs the network on {@link #input()} and returns {@link #output()}. */
  public Tensor run() {
    plan.run();
    return output;
  }

  /** Returns the steps of a run, for their reports. */
  public Plan steps() {
    return plan;
  }

  @Override
  public void close() {
    plan.close();
  }
}
