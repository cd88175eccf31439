package org.octothorpe.graph;

import java.util.List;
import org.octothorpe.ops.Add;

/** A sum that no batch norm absorbed. */
record AddNode(String name, Value a, Value b, Value output) implements Node {
  @Override
  public List<Value> inputs() {
    return List.of(a, b);
  }

  @Override
  public void forward(Emitter e) {
    Slot first = e.activation(a);
    Slot second = e.activation(b);
    Slot out = e.output(output);
    e.step(
        name,
        0,
        List.of(first, second),
        List.of(out),
        w -> Add.forward(e.device(), first.tensor, second.tensor, out.tensor));
  }

  @Override
  public void backward(Emitter e) {
    Slot dy = e.gradient(output);
    if (e.wantsGradient(b)) {
      e.copyTo(b, dy);
    }
    if (e.wantsGradient(a)) {
      e.take(a, dy);
    }
  }
}
