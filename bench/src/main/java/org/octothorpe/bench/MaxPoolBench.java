package org.octothorpe.bench;

import org.jspecify.annotations.NullUnmarked;
import org.octothorpe.Call;
import org.octothorpe.DType;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.ops.MaxPool;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Maxima over windows, with the winners' places. */
@NullUnmarked
public class MaxPoolBench extends OperationBench {
  /** x of one image, kernel, stride, padding: NxHxWxCxKxSxP. */
  @Param("1x112x112x64x3x2x1")
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
    long[] line = batch(images, shape);
    MaxPool pool = new MaxPool(line[4], line[5], line[6]);
    Shape in = Shape.nhwc(images, line[1], line[2], line[3]);
    long[] out = pool.outputShape(in).toArray();
    Tensor x = random(dtype, in.toArray());
    Tensor y = random(dtype, out);
    Tensor index = zeros(DType.U8, out);
    forward = ready(pool.forward(x, y, index)); // backward reads the places
    backward = ready(pool.backward(y, index, x));
  }

  /** y and the places from x. */
  @Benchmark
  public void forward() {
    forward.run();
  }

  /** dx from dy and the places. */
  @Benchmark
  public void backward() {
    backward.run();
  }
}
