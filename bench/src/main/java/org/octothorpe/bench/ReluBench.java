package org.octothorpe.bench;

import org.jspecify.annotations.NullUnmarked;
import org.octothorpe.Call;
import org.octothorpe.DType;
import org.octothorpe.Tensor;
import org.octothorpe.ops.Relu;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Rectified linear units: 1 read and 1 write forward, 2 reads and 1 write backward. */
@NullUnmarked
public class ReluBench extends OperationBench {
  /** x [N,H,W,C] of one image: NxHxWxC. */
  @Param("1x56x56x256")
  public String shape;

  /** Images in the batch, N. */
  @Param("32")
  public int images;

  /** Type of the activations. */
  @Param({"F32", "BF16"})
  public DType dtype;

  private Call forward;
  private Call backward;

  @Override
  protected void prepare() {
    long[] extents = batch(images, shape);
    Tensor x = random(dtype, extents);
    Tensor y = random(dtype, extents);
    Tensor dy = random(dtype, extents);
    forward = ready(Relu.forward(x, y));
    backward = ready(Relu.backward(y, dy, x));
  }

  /** y from x. */
  @Benchmark
  public void forward() {
    forward.run();
  }

  /** dx from y and dy. */
  @Benchmark
  public void backward() {
    backward.run();
  }
}
