package org.octothorpe.bench;

import org.jspecify.annotations.NullUnmarked;
import org.octothorpe.Call;
import org.octothorpe.DType;
import org.octothorpe.Tensor;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** A benchmark of a loss of labeled rows and its gradient. */
@NullUnmarked
public abstract class LossBench extends OperationBench {
  /** Prepares a loss for tensors. */
  @FunctionalInterface
  protected interface Loss {
    /** Returns the call; {@code scale} is the factor of the gradient. */
    Call prepare(
        float scale, Tensor logits, Tensor offsets, Tensor labels, Tensor loss, Tensor dlogits);
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
  protected void prepare() {
    long[] extents = Inputs.extents(shape);
    int rows = Math.toIntExact(extents[0]);
    int classes = Math.toIntExact(extents[1]);
    int each = Math.toIntExact(extents[2]);
    call =
        ready(
            loss.prepare(
                1f / rows,
                logits(dtype, rows, classes),
                offsets(rows, each),
                labels(classes, rows * each),
                empty(DType.F32, rows),
                empty(dtype, rows, classes)));
  }

  /** Loss and gradient of the batch. */
  @Benchmark
  public void lossAndGradient() {
    call.run();
  }
}
