package org.octothorpe.graph;

import java.util.List;
import org.octothorpe.Tensor;
import org.octothorpe.dense.DenseCall;
import org.octothorpe.Pass;

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
    Tensor weight = e.weight(name + ".weight");
    Tensor bias = e.parameters().value(name + ".bias");
    DenseCall call = prepare(e, Pass.FORWARD);
    e.step(
        name,
        call.workspaceBytes(),
        List.of(in),
        List.of(out),
        w -> call.bind(in.tensor, weight, bias, out.tensor, w));
  }

  @Override
  public void backward(Emitter e) {
    Slot in = e.activation(x);
    Slot dy = e.gradient(output);
    Tensor weight = e.weight(name + ".weight");
    Tensor dweight = e.parameters().gradient(name + ".weight");
    Tensor dbias = e.parameters().gradient(name + ".bias");
    DenseCall call = prepare(e, Pass.BACKWARD_WEIGHT);
    e.step(
        name + " dweight",
        call.workspaceBytes(),
        List.of(in, dy),
        List.of(),
        w -> call.bind(in.tensor, dy.tensor, dbias, dweight, w));
    if (e.wantsGradient(x)) {
      DenseCall data = prepare(e, Pass.BACKWARD_DATA);
      e.contribute(
          x,
          dx ->
              e.step(
                  name + " dx",
                  data.workspaceBytes(),
                  List.of(dy),
                  List.of(dx),
                  w -> data.bind(dy.tensor, weight, null, dx.tensor, w)));
    }
  }

  private DenseCall prepare(Emitter e, Pass pass) {
    return e.keep(
        e.device()
            .dense()
            .linear(
                pass,
                x.shape().get(0),
                x.shape().get(1),
                output.shape().get(1),
                e.dtype(),
                pass != Pass.BACKWARD_DATA));
  }
}
