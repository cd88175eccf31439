package org.octothorpe.bench;

import java.util.List;
import java.util.stream.IntStream;
import org.jspecify.annotations.NullUnmarked;
import org.octothorpe.Call;
import org.octothorpe.DType;
import org.octothorpe.Tensor;
import org.octothorpe.ops.NormalizePixels;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Pixels to the network's input. */
@NullUnmarked
public class NormalizePixelsBench extends OperationBench {
  /** x [N,H,W,C] of one image: NxHxWxC, C &lt;= 4. */
  @Param("1x224x224x3")
  public String shape;

  /** Images in the batch, N. */
  @Param("32")
  public int images;

  /** Type of the output. */
  @Param({"F32", "BF16"})
  public DType dtype;

  private Call forward;

  @Override
  protected void prepare() {
    long[] extents = batch(images, shape);
    List<Float> halves = IntStream.range(0, (int) extents[3]).mapToObj(c -> 0.5f).toList();
    Tensor pixels = zeros(DType.U8, extents);
    forward = ready(new NormalizePixels(halves, halves).forward(pixels, empty(dtype, extents)));
  }

  /** One byte read and 4 or 2 written per value. */
  @Benchmark
  public void forward() {
    forward.run();
  }
}
