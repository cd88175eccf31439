package org.octothorpe.graph;

import java.util.List;
import org.octothorpe.ops.Relu;

/** A rectified linear unit that no batch norm absorbed. */
record ReluNode(String name, Value x, Value output) implements Node {
  @Override
  public List<Value> inputs() {
    return List.of(x);
  }

  @Override
  public void forward(Emitter e) {
    Slot in = e.activation(x);
    Slot out = e.output(output, x);
    e.step(name, Relu.forward(in.tensor, out.tensor), List.of(in), List.of(out));
  }

  @Override
  public void backward(Emitter e) {
    Slot y = e.activation(output);
    Slot dy = e.gradient(output);
    Slot dx = e.gradientOf(x, dy);
    if (dx != null) {
      e.step(
          name + " dx", Relu.backward(y.tensor, dy.tensor, dx.tensor), List.of(y, dy), List.of(dx));
    }
  }
}
