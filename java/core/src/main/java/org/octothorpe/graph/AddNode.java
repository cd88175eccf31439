package org.octothorpe.graph;

import java.util.List;
import org.jspecify.annotations.Nullable;
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
        Add.forward(first.tensor, second.tensor, out.tensor),
        List.of(first, second),
        List.of(out));
  }

  @Override
  public void backward(Emitter e) {
    Slot dy = e.gradient(output);
    // b's copy first: a may take the memory of dy, and its node then writes over it.
    give(e, b, dy, null);
    give(e, a, dy, dy);
  }

  private void give(Emitter e, Value input, Slot dy, @Nullable Slot over) {
    Slot dx = e.gradientOf(input, over);
    if (dx != null) {
      e.copy(name + " d " + input.name(), dy, dx);
    }
  }
}
