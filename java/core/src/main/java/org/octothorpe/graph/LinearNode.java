package org.octothorpe.graph;

import java.util.List;
import org.octothorpe.Tensor;
import org.octothorpe.ops.Linear;

/** A fully connected layer. */
record LinearNode(String name, Value x, Value output) implements Node {
  @Override
  public List<Value> inputs() {
    return List.of(x);
  }

  @Override
  public void forward(Emitter e) {
    Slot in = e.activation(x);
    Slot out = e.output(output);
    Tensor bias = e.parameters().value(name + ".bias");
    e.step(
        name,
        Linear.forward(in.tensor, e.weight(name + ".weight"), bias, out.tensor),
        List.of(in),
        List.of(out));
  }

  @Override
  public void backward(Emitter e) {
    Slot in = e.activation(x);
    Slot dy = e.gradient(output);
    Tensor dweight = e.parameters().gradient(name + ".weight");
    Tensor dbias = e.parameters().gradient(name + ".bias");
    e.step(
        name + " dweight",
        Linear.backwardWeight(in.tensor, dy.tensor, dweight, dbias),
        List.of(in, dy),
        List.of());
    Slot dx = e.gradientOf(x, null);
    if (dx != null) {
      e.step(
          name + " dx",
          Linear.backwardData(dy.tensor, e.weight(name + ".weight"), dx.tensor),
          List.of(dy),
          List.of(dx));
    }
  }
}
