package org.octothorpe.graph;

import java.util.List;
import org.octothorpe.DType;
import org.octothorpe.ops.MaxPool;

/** A maximum over windows. */
record MaxPoolNode(String name, Value x, Value output, MaxPool pool) implements Node {
  @Override
  public List<Value> inputs() {
    return List.of(x);
  }

  @Override
  public void forward(Emitter e) {
    Slot in = e.activation(x);
    Slot out = e.output(output);
    if (e.training()) {
      Slot index = e.save(name + " index", DType.U8, output.shape());
      e.step(
          name,
          pool.forward(in.tensor, out.tensor, index.tensor),
          List.of(in),
          List.of(out, index));
    } else {
      e.step(name, pool.forward(in.tensor, out.tensor, null), List.of(in), List.of(out));
    }
  }

  @Override
  public void backward(Emitter e) {
    Slot dy = e.gradient(output);
    Slot index = e.saved(name + " index");
    Slot dx = e.gradientOf(x, null);
    if (dx != null) {
      e.step(
          name + " dx",
          pool.backward(dy.tensor, index.tensor, dx.tensor),
          List.of(dy, index),
          List.of(dx));
    }
  }
}
