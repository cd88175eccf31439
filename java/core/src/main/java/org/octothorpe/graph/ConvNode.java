package org.octothorpe.graph;

import java.util.List;
import org.octothorpe.Tensor;
import org.octothorpe.ops.GroupedConv;

/** A convolution without bias. */
record ConvNode(String name, Value x, Value output, GroupedConv conv) implements Node {
  @Override
  public List<Value> inputs() {
    return List.of(x);
  }

  @Override
  public void forward(Emitter e) {
    Slot in = e.activation(x);
    Slot out = e.output(output);
    e.step(
        name,
        conv.forward(in.tensor, e.weight(weightKey()), null, out.tensor),
        List.of(in),
        List.of(out));
  }

  @Override
  public void backward(Emitter e) {
    Slot in = e.activation(x);
    Slot dy = e.gradient(output);
    Tensor dweight = e.parameters().gradient(weightKey());
    e.step(
        name + " dweight",
        conv.backwardWeight(in.tensor, dy.tensor, dweight, null),
        List.of(in, dy),
        List.of());
    Slot dx = e.gradientOf(x, null);
    if (dx != null) {
      e.step(
          name + " dx",
          conv.backwardData(dy.tensor, e.weight(weightKey()), dx.tensor),
          List.of(dy),
          List.of(dx));
    }
  }

  private String weightKey() {
    return name + ".weight";
  }
}
