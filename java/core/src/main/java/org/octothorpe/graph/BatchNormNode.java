package org.octothorpe.graph;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.octothorpe.Call;
import org.octothorpe.DType;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.ops.BatchNorm;

/**
 * A batch normalization, with the residual add and the ReLU that the {@link Fusion} found behind
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
    Slot mean = e.save(name + " mean", DType.F32, channels());
    Slot rstd = e.save(name + " rstd", DType.F32, channels());
    Parameters p = e.parameters();
    Call call =
        norm()
            .forwardTraining(
                in.tensor,
                p.value(name + ".weight"),
                p.value(name + ".bias"),
                tensor(added),
                p.value(name + ".running_mean"),
                p.value(name + ".running_var"),
                mean.tensor,
                rstd.tensor,
                out.tensor);
    e.step(name, call, present(in, added), List.of(out, mean, rstd));
  }

  private void forwardInference(Emitter e) {
    Slot in = e.activation(x);
    Slot added = residual == null ? null : e.activation(residual);
    Slot out = e.output(output, x);
    Parameters p = e.parameters();
    Call call =
        norm()
            .forwardInference(
                in.tensor,
                p.value(name + ".weight"),
                p.value(name + ".bias"),
                tensor(added),
                p.value(name + ".running_mean"),
                p.value(name + ".running_var"),
                out.tensor);
    e.step(name, call, present(in, added), List.of(out));
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
    Slot dresidual = residual == null ? null : e.gradientOf(residual, dy);
    Slot dx = e.gradientOf(x, dresidual == null ? dy : null);
    if (dx == null) { // the gradients of the parameters come from the same step
      dx = e.slot("d " + x.name(), e.dtype(), x.shape());
    }
    Parameters p = e.parameters();
    Call call =
        norm()
            .backwardTraining(
                in.tensor,
                tensor(y),
                p.value(name + ".weight"),
                mean.tensor,
                rstd.tensor,
                dy.tensor,
                dx.tensor,
                tensor(dresidual),
                p.gradient(name + ".weight"),
                p.gradient(name + ".bias"));
    e.step(name + " dx", call, present(in, dy, mean, rstd, y), present(dx, dresidual));
  }

  private Shape channels() {
    return Shape.of(x.shape().get(3));
  }

  private BatchNorm norm() {
    return new BatchNorm(EPSILON, MOMENTUM, relu);
  }

  private static List<Slot> present(@Nullable Slot... slots) {
    List<Slot> present = new ArrayList<>();
    for (Slot slot : slots) {
      if (slot != null) {
        present.add(slot);
      }
    }
    return present;
  }

  private static @Nullable Tensor tensor(@Nullable Slot slot) {
    return slot == null ? null : slot.tensor;
  }
}
