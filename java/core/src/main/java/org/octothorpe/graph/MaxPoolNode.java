package org.octothorpe.graph;

import java.util.List;
import org.octothorpe.DType;
import org.octothorpe.ops.MaxPool;

/** A maximum over windows. */
record MaxPoolNode(String name, Value x, Value output, long kernel, long stride, long padding)
    implements Node {
  @Override
  public List<Value> inputs() {
    return List.of(x);
  }

  @Override
  public void forward(Emitter e) {
    Slot in = e.activation(x);
    Slot out = e.output(output);
    MaxPool pool = new MaxPool(kernel, stride, padding);
    if (e.training()) {
      Slot index = e.save(name + " index", DType.U8, output.shape());
      e.step(
          name,
          0,
          List.of(in),
          List.of(out, index),
          w -> pool.forward(e.device(), in.tensor, out.tensor, index.tensor));
    } else {
      e.step(
          name,
          0,
          List.of(in),
          List.of(out),
          w -> pool.forward(e.device(), in.tensor, out.tensor, null));
    }
  }

  @Override
  public void backward(Emitter e) {
    Slot dy = e.gradient(output);
    Slot index = e.saved(name + " index");
    MaxPool pool = new MaxPool(kernel, stride, padding);
    if (e.wantsGradient(x)) {
      e.contribute(
          x,
          dx ->
              e.step(
                  name + " dx",
                  0,
                  List.of(dy, index),
                  List.of(dx),
                  w -> pool.backward(e.device(), dy.tensor, index.tensor, dx.tensor)));
    }
  }
}
