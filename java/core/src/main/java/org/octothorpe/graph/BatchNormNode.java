package org.octothorpe.graph;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.octothorpe.DType;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.ops.BatchNorm;

/**
 * A batch normalisation, with the residual add and the ReLU that the {@link Fusion} found behind
 * it.
 */
record BatchNormNode(String name, Value x, @Nullable Value residual, Value output, boolean relu)
    implements Node {
  private static final float EPSILON = 1e-5f;
  private static final float MOMENTUM = 0.1f;

  @Override
  public List<Value> inputs() {
    return residual == null ? List.of(x) : List.of(x, residual);
  }

  @Override
  public void forward(Emitter e) {
    if (e.training()) {
      forwardTraining(e);
    } else {
      forwardInference(e);
    }
  }

  private void forwardTraining(Emitter e) {
    Slot in = e.activation(x);
    Slot added = residual == null ? null : e.activation(residual);
    Slot out = e.output(output);
    Shape channels = channels();
    Slot mean = e.save(name + " mean", DType.F32, channels);
    Slot rstd = e.save(name + " rstd", DType.F32, channels);
    BatchNorm bn = norm();
    Parameters p = e.parameters();
    e.step(
        name,
        BatchNorm.workspaceBytes(e.device(), in.tensor),
        reads(in, added),
        List.of(out, mean, rstd),
        w ->
            bn.forwardTraining(
                e.device(),
                in.tensor,
                p.value(name + ".weight"),
                p.value(name + ".bias"),
                tensor(added),
                p.value(name + ".running_mean"),
                p.value(name + ".running_var"),
                mean.tensor,
                rstd.tensor,
                out.tensor,
                w));
  }

  private void forwardInference(Emitter e) {
    Slot in = e.activation(x);
    Slot added = residual == null ? null : e.activation(residual);
    Slot out = e.overwritable(x) ? e.outputInPlace(output, in) : e.output(output);
    BatchNorm bn = norm();
    Parameters p = e.parameters();
    e.step(
        name,
        0,
        reads(in, added),
        List.of(out),
        w ->
            bn.forwardInference(
                e.device(),
                in.tensor,
                p.value(name + ".weight"),
                p.value(name + ".bias"),
                tensor(added),
                p.value(name + ".running_mean"),
                p.value(name + ".running_var"),
                out.tensor));
  }

  @Override
  public void backward(Emitter e) {
    Slot in = e.activation(x);
    Slot dy = e.gradient(output);
    Slot y = relu ? e.activation(output) : null;
    Slot mean = e.saved(name + " mean");
    Slot rstd = e.saved(name + " rstd");
    // One of dx and dresidual takes the memory of dy: dresidual if it is wanted, since it is dy
    // under the mask.
    Slot dresidual =
        residual == null ? null : e.inPlace(dy, "d " + residual.name(), output.shape());
    Slot dx =
        residual == null
            ? e.inPlace(dy, "d " + x.name(), x.shape())
            : e.slot("d " + x.name(), e.dtype(), x.shape());
    BatchNorm bn = norm();
    Parameters p = e.parameters();
    List<Slot> reads = new ArrayList<>(List.of(in, dy, mean, rstd));
    if (y != null) {
      reads.add(y);
    }
    e.step(
        name + " dx",
        BatchNorm.workspaceBytes(e.device(), in.tensor),
        reads,
        dresidual == null ? List.of(dx) : List.of(dx, dresidual),
        w ->
            bn.backwardTraining(
                e.device(),
                in.tensor,
                tensor(y),
                p.value(name + ".weight"),
                mean.tensor,
                rstd.tensor,
                dy.tensor,
                dx.tensor,
                tensor(dresidual),
                p.gradient(name + ".weight"),
                p.gradient(name + ".bias"),
                w));
    e.take(x, dx);
    if (residual != null && dresidual != null) {
      e.take(residual, dresidual);
    }
  }

  private Shape channels() {
    return Shape.of(x.shape().get(3));
  }

  private BatchNorm norm() {
    return new BatchNorm(EPSILON, MOMENTUM, relu);
  }

  private static List<Slot> reads(Slot in, @Nullable Slot added) {
    return added == null ? List.of(in) : List.of(in, added);
  }

  private static @Nullable Tensor tensor(@Nullable Slot slot) {
    return slot == null ? null : slot.tensor;
  }
}
