package org.octothorpe.bench;

import org.jspecify.annotations.NullUnmarked;
import org.octothorpe.Call;
import org.octothorpe.DType;
import org.octothorpe.Tensor;
import org.octothorpe.ops.BatchNorm;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.Param;

/** Batch normalization fused with ReLU, and with the residual add or without. */
@NullUnmarked
public class BatchNormBench extends OperationBench {
  /** x [N,H,W,C] of one image: NxHxWxC. */
  @Param("1x56x56x256")
  public String shape;

  /** Images in the batch, N. */
  @Param("32")
  public int images;

  /** Type of the activations. */
  @Param({"F32", "BF16"})
  public DType dtype;

  private Call training;
  private Call trainingResidual;
  private Call backward;
  private Call backwardResidual;
  private Call inference;

  @Override
  protected void prepare() {
    long[] extents = batch(images, shape);
    long channels = extents[3];
    BatchNorm norm = new BatchNorm(1e-5f, 0.1f, true);
    Tensor x = random(dtype, extents);
    Tensor y = random(dtype, extents);
    Tensor residual = random(dtype, extents);
    Tensor dy = random(dtype, extents);
    Tensor dx = random(dtype, extents);
    Tensor weight = random(DType.F32, channels);
    Tensor bias = random(DType.F32, channels);
    Tensor mean = zeros(DType.F32, channels);
    Tensor variance = zeros(DType.F32, channels);
    Tensor savedMean = zeros(DType.F32, channels);
    Tensor savedRstd = zeros(DType.F32, channels);
    Tensor dweight = zeros(DType.F32, channels);
    Tensor dbias = zeros(DType.F32, channels);
    trainingResidual =
        ready(
            norm.forwardTraining(
                x, weight, bias, residual, mean, variance, savedMean, savedRstd, y));
    // The backward pass reads what this one saves.
    training =
        ready(norm.forwardTraining(x, weight, bias, null, mean, variance, savedMean, savedRstd, y));
    backward =
        ready(
            norm.backwardTraining(
                x, y, weight, savedMean, savedRstd, dy, dx, null, dweight, dbias));
    backwardResidual =
        ready(
            norm.backwardTraining(
                x, y, weight, savedMean, savedRstd, dy, dx, residual, dweight, dbias));
    inference = ready(norm.forwardInference(x, weight, bias, null, mean, variance, y));
  }

  /** Statistics and output: 2 reads and 1 write. */
  @Benchmark
  public void training() {
    training.run();
  }

  /** The same with a residual: 3 reads and 1 write. */
  @Benchmark
  public void trainingResidual() {
    trainingResidual.run();
  }

  /** Sums and dx: 6 reads and 1 write. */
  @Benchmark
  public void backward() {
    backward.run();
  }

  /** The same with dresidual: 5 reads and 2 writes. */
  @Benchmark
  public void backwardResidual() {
    backwardResidual.run();
  }

  /** Output from running statistics: 1 read and 1 write. */
  @Benchmark
  public void inference() {
    inference.run();
  }
}
