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
    e.step(
        name,
        0,
        List.of(in),
        List.of(out),
        w -> GlobalAveragePool.forward(e.device(), in.tensor, out.tensor));
  }

  @Override
  public void backward(Emitter e) {
    Slot dy = e.gradient(output);
    if (e.wantsGradient(x)) {
      e.contribute(
          x,
          dx ->
              e.step(
                  name + " dx",
                  0,
                  List.of(dy),
                  List.of(dx),
                  w -> GlobalAveragePool.backward(e.device(), dy.tensor, dx.tensor)));
    }
  }
}
