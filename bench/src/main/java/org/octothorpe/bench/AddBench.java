package org.octothorpe.bench;

import org.jspecify.annotations.NullUnmarked;
import org.octothorpe.Call;
import org.octothorpe.DType;
import org.octothorpe.ops.Add;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Element-wise sums: 2 reads and 1 write. */
@NullUnmarked
public class AddBench extends OperationBench {
  /** x [N,H,W,C] of one image: NxHxWxC. */
  @Param("1x56x56x256")
  public String shape;

  /** Images in the batch, N. */
  @Param("32")
  public int images;

  /** Type of the activations. */
  @Param({"F32", "BF16"})
  public DType dtype;

  private Call call;

  @Override
  protected void prepare() {
    long[] extents = batch(images, shape);
    call =
        ready(Add.forward(random(dtype, extents), random(dtype, extents), random(dtype, extents)));
  }

  /** One sum. */
  @Benchmark
  public void add() {
    call.run();
  }
}
