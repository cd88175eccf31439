package org.octothorpe.bench;

import org.jspecify.annotations.NullUnmarked;
import org.octothorpe.DType;
import org.octothorpe.Tensor;
import org.octothorpe.Call;
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
  protected void bind() {
    long[] line = batch(images, shape);
    MaxPool pool = new MaxPool(line[4], line[5], line[6]);
    long rows = (line[1] + 2 * line[6] - line[4]) / line[5] + 1;
    long columns = (line[2] + 2 * line[6] - line[4]) / line[5] + 1;
    Tensor x = random(dtype, images, line[1], line[2], line[3]);
    Tensor y = random(dtype, images, rows, columns, line[3]);
    Tensor index = zeros(DType.U8, images, rows, columns, line[3]);
    forward = pool.forward(device, x, y, index);
    forward.run(); // backward reads the places
    backward = pool.backward(device, y, index, x);
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
