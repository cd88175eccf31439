package org.octothorpe.bench;

import org.jspecify.annotations.NullUnmarked;
import org.octothorpe.Call;
import org.octothorpe.DType;
import org.octothorpe.Tensor;
import org.octothorpe.ops.GlobalAveragePool;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Means over H and W: 1 read forward, 1 write backward. */
@NullUnmarked
public class GlobalAveragePoolBench extends OperationBench {
  /** x [N,H,W,C] of one image: NxHxWxC. */
  @Param("1x7x7x2048")
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
    Tensor y = random(dtype, images, extents[3]);
    forward = ready(GlobalAveragePool.forward(x, y));
    backward = ready(GlobalAveragePool.backward(y, x));
  }

  /** y from x. */
  @Benchmark
  public void forward() {
    forward.run();
  }

  /** dx from dy. */
  @Benchmark
  public void backward() {
    backward.run();
  }
}
