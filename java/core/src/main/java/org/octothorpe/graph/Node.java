package org.octothorpe.graph;

import java.util.List;

/**
 * One operation of a graph: it emits its forward step, and the backward steps that give the
 * gradients of its inputs.
 */
interface Node {
  String name();

  List<Value> inputs();

  Value output();

  /** Emits the forward step. */
  void forward(Emitter emitter);

  /** Emits the backward steps; the gradient of {@link #output()} is complete. */
  void backward(Emitter emitter);
}
