package org.octothorpe.bench;

import org.jspecify.annotations.NullUnmarked;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Tensor;
import org.octothorpe.Call;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** A benchmark of a loss of labelled rows and its gradient. */
@NullUnmarked
public abstract class LossBench extends OperationBench {
  /** Binds a loss to tensors. */
  @FunctionalInterface
  protected interface Loss {
    /** Returns the call. */
    Call bind(
        Device device,
        Tensor logits,
        Tensor offsets,
        Tensor labels,
        float scale,
        Tensor loss,
        Tensor dlogits);
  }

  /** Rows, classes, labels of each row: BxVxk. */
  @Param("256x17000x3")
  public String shape;

  /** Type of the logits. */
  @Param({"F32", "BF16"})
  public DType dtype;

  private final Loss loss;
  private Call call;

  /** Makes the benchmark of a loss. */
  protected LossBench(Loss loss) {
    this.loss = loss;
  }

  @Override
  protected void bind() {
    long[] extents = Inputs.extents(shape);
    int rows = Math.toIntExact(extents[0]);
    int classes = Math.toIntExact(extents[1]);
    int each = Math.toIntExact(extents[2]);
    call =
        loss.bind(
            device,
            logits(dtype, rows, classes),
            offsets(rows, each),
            labels(classes, rows * each),
            1f / rows,
            empty(DType.F32, rows),
            empty(dtype, rows, classes));
  }

  /** Loss and gradient of the batch. */
  @Benchmark
  public void lossAndGradient() {
    call.run();
  }
}
