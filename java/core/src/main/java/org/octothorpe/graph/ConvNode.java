package org.octothorpe.graph;

import java.util.List;
import org.octothorpe.DType;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.dense.DenseCall;
import org.octothorpe.dense.DenseConv;
import org.octothorpe.Pass;
import org.octothorpe.ops.GroupedConv;

/**
 * A convolution: grouped by this library's kernel, dense by the device's {@link
 * org.octothorpe.dense.DenseKernels}.
 */
record ConvNode(
    String name, Value x, Value output, long kernel, long stride, long padding, long groups)
    implements Node {
  @Override
  public List<Value> inputs() {
    return List.of(x);
  }

  @Override
  public void forward(Emitter e) {
    Slot in = e.activation(x);
    Slot out = e.output(output);
    Tensor weight = e.weight(weightKey());
    if (groups == 1) {
      DenseCall call =
          e.keep(e.device().dense().convolution(Pass.FORWARD, dense(), e.dtype(), false));
      e.step(
          name,
          call.workspaceBytes(),
          List.of(in),
          List.of(out),
          w -> call.bind(in.tensor, weight, null, out.tensor, w));
    } else {
      GroupedConv conv = grouped();
      long bytes = workspace(e, Pass.FORWARD);
      e.step(
          name,
          bytes,
          List.of(in),
          List.of(out),
          w -> conv.forward(e.device(), in.tensor, weight, null, out.tensor, w));
    }
  }

  @Override
  public void backward(Emitter e) {
    Slot in = e.activation(x);
    Slot dy = e.gradient(output);
    Tensor weight = e.weight(weightKey());
    Tensor dweight = e.parameters().gradient(weightKey());
    if (groups == 1) {
      DenseCall call =
          e.keep(
              e.device().dense().convolution(Pass.BACKWARD_WEIGHT, dense(), e.dtype(), false));
      e.step(
          name + " dweight",
          call.workspaceBytes(),
          List.of(in, dy),
          List.of(),
          w -> call.bind(in.tensor, dy.tensor, null, dweight, w));
    } else {
      GroupedConv conv = grouped();
      long bytes = workspace(e, Pass.BACKWARD_WEIGHT);
      e.step(
          name + " dweight",
          bytes,
          List.of(in, dy),
          List.of(),
          w -> conv.backwardWeight(e.device(), in.tensor, dy.tensor, dweight, null, w));
    }
    if (e.wantsGradient(x)) {
      e.contribute(x, dx -> emitBackwardData(e, dy, weight, dx));
    }
  }

  private void emitBackwardData(Emitter e, Slot dy, Tensor weight, Slot dx) {
    if (groups == 1) {
      DenseCall call =
          e.keep(
              e.device().dense().convolution(Pass.BACKWARD_DATA, dense(), e.dtype(), false));
      e.step(
          name + " dx",
          call.workspaceBytes(),
          List.of(dy),
          List.of(dx),
          w -> call.bind(dy.tensor, weight, null, dx.tensor, w));
    } else {
      GroupedConv conv = grouped();
      long bytes = workspace(e, Pass.BACKWARD_DATA);
      e.step(
          name + " dx",
          bytes,
          List.of(dy),
          List.of(dx),
          w -> conv.backwardData(e.device(), dy.tensor, weight, dx.tensor, w));
    }
  }

  private String weightKey() {
    return name + ".weight";
  }

  private GroupedConv grouped() {
    return GroupedConv.of(groups, stride, padding);
  }

  private long workspace(Emitter e, Pass pass) {
    Shape weight = Shape.of(output.shape().get(3), kernel, kernel, x.shape().get(3) / groups);
    DType dtype = e.dtype();
    return grouped().workspaceBytes(e.device(), pass, x.shape(), weight, output.shape(), dtype);
  }

  private DenseConv dense() {
    Shape s = x.shape();
    return new DenseConv(
        s.get(0),
        s.get(1),
        s.get(2),
        s.get(3),
        output.shape().get(3),
        kernel,
        kernel,
        stride,
        padding);
  }
}
