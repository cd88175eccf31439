package org.octothorpe.bench;

import org.jspecify.annotations.NullUnmarked;
import org.octothorpe.Call;
import org.octothorpe.DType;
import org.octothorpe.Tensor;
import org.octothorpe.ops.Convert;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** F32 to BF16 and back. */
@NullUnmarked
public class ConvertBench extends OperationBench {
  /** x [N,H,W,C] of one image: NxHxWxC. */
  @Param("1x224x224x3")
  public String shape;

  /** Images in the batch, N. */
  @Param("32")
  public int images;

  private Call toBf16;
  private Call toF32;

  @Override
  protected void prepare() {
    long[] extents = batch(images, shape);
    Tensor wide = random(DType.F32, extents);
    Tensor narrow = random(DType.BF16, extents);
    toBf16 = ready(Convert.forward(wide, narrow));
    toF32 = ready(Convert.forward(narrow, wide));
  }

  /** F32 to BF16, 4 bytes read and 2 written per value. */
  @Benchmark
  public void toBf16() {
    toBf16.run();
  }

  /** BF16 to F32, 2 bytes read and 4 written per value. */
  @Benchmark
  public void toF32() {
    toF32.run();
  }
}
