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
    Slot out = e.overwritable(x) ? e.outputInPlace(output, in) : e.output(output);
    e.step(
        name, 0, List.of(in), List.of(out), w -> Relu.forward(e.device(), in.tensor, out.tensor));
  }

  @Override
  public void backward(Emitter e) {
    Slot y = e.activation(output);
    Slot dy = e.gradient(output);
    if (e.wantsGradient(x)) {
      Slot dx = e.inPlace(dy, "d " + x.name(), x.shape());
      e.step(
          name + " dx",
          0,
          List.of(y, dy),
          List.of(dx),
          w -> Relu.backward(e.device(), y.tensor, dy.tensor, dx.tensor));
      e.take(x, dx);
    }
  }
}
