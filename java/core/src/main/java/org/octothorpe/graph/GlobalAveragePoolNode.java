package org.octothorpe.graph;

import java.util.List;
import org.octothorpe.ops.GlobalAveragePool;

/** The mean over H and W. */
record GlobalAveragePoolNode(String name, Value x, Value output) implements Node {
  @Override
  public List<Value> inputs() {
    return List.of(x);
  }

  @Override
  public void forward(Emitter e) {
    Slot in = e.activation(x);
    Slot out = e.output(output);
    e.step(name, GlobalAveragePool.forward(in.tensor, out.tensor), List.of(in), List.of(out));
  }

  @Override
  public void backward(Emitter e) {
    Slot dy = e.gradient(output);
    Slot dx = e.gradientOf(x, null);
    if (dx != null) {
      e.step(
          name + " dx", GlobalAveragePool.backward(dy.tensor, dx.tensor), List.of(dy), List.of(dx));
    }
  }
}
