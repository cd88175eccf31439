package org.octothorpe.cli.replay;

import java.util.ArrayList;
import java.util.List;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.ops.BatchNorm;

/** Cases of kind {@code batch_norm2d}: training and inference, outputs, gradients, statistics. */
final class BatchNormReplay implements Replayer {
  @Override
  public List<Comparison> run(Device device, Precision precision, GoldenCase golden) {
    List<Comparison> comparisons = new ArrayList<>();
    double epsilon = golden.parameter("eps").asDouble();
    BatchNorm norm =
        new BatchNorm((float) epsilon, (float) golden.parameter("momentum").asDouble(), false);
    try (Scratch scratch = new Scratch(device)) {
      if (golden.has("train_y")) {
        training(scratch, device, norm, precision, golden, comparisons);
      }
      if (golden.has("eval_y")) {
        inference(scratch, device, norm, precision, golden, comparisons);
      }
    }
    if (comparisons.isEmpty()) {
      throw new IllegalArgumentException("there is neither train_y nor eval_y");
    }
    return comparisons;
  }

  private static void training(
      Scratch scratch,
      Device device,
      BatchNorm norm,
      Precision precision,
      GoldenCase golden,
      List<Comparison> comparisons) {
    Tensor x = scratch.channelsLast(precision.dtype(), golden, "x");
    Tensor dy = scratch.channelsLast(precision.dtype(), golden, "grad_y");
    Tensor weight = scratch.of(DType.F32, golden.tensor("weight"));
    Tensor bias = scratch.of(DType.F32, golden.tensor("bias"));
    Tensor mean = scratch.of(DType.F32, golden.tensor("running_mean"));
    Tensor variance = scratch.of(DType.F32, golden.tensor("running_var"));
    Shape channels = weight.shape();
    Tensor savedMean = scratch.poisoned(DType.F32, channels);
    Tensor savedRstd = scratch.poisoned(DType.F32, channels);
    Tensor y = scratch.poisoned(precision.dtype(), x.shape());
    Tensor dx = scratch.poisoned(precision.dtype(), x.shape());
    Tensor dweight = scratch.poisoned(DType.F32, channels);
    Tensor dbias = scratch.poisoned(DType.F32, channels);
    Tensor workspace = scratch.workspace(BatchNorm.workspaceBytes(device, x));
    norm.forwardTraining(
            device, x, weight, bias, null, mean, variance, savedMean, savedRstd, y, workspace)
        .run();
    norm.backwardTraining(
            device, x, null, weight, savedMean, savedRstd, dy, dx, null, dweight, dbias, workspace)
        .run();
    double tolerance = tolerance(precision, x.toFloats(), channels.get(0));
    comparisons.add(image(golden, "train_y", y, tolerance));
    comparisons.add(image(golden, "train_grad_x", dx, tolerance));
    comparisons.add(vector(golden, "train_grad_weight", dweight.toFloats(), tolerance));
    comparisons.add(vector(golden, "train_grad_bias", dbias.toFloats(), tolerance));
    comparisons.add(vector(golden, "train_running_mean", mean.toFloats(), tolerance));
    comparisons.add(vector(golden, "train_running_var", variance.toFloats(), tolerance));
    comparisons.add(vector(golden, "train_batch_mean", savedMean.toFloats(), tolerance));
    float[] biased = savedRstd.toFloats();
    for (int c = 0; c < biased.length; c++) {
      biased[c] = (float) (1 / ((double) biased[c] * biased[c]) - norm.epsilon());
    }
    comparisons.add(vector(golden, "train_batch_var_biased", biased, tolerance));
  }

  private static void inference(
      Scratch scratch,
      Device device,
      BatchNorm norm,
      Precision precision,
      GoldenCase golden,
      List<Comparison> comparisons) {
    Tensor x = scratch.channelsLast(precision.dtype(), golden, "x");
    Tensor dy = scratch.channelsLast(precision.dtype(), golden, "grad_y");
    Tensor weight = scratch.of(DType.F32, golden.tensor("weight"));
    Tensor bias = scratch.of(DType.F32, golden.tensor("bias"));
    Tensor mean = scratch.of(DType.F32, golden.tensor("running_mean"));
    Tensor variance = scratch.of(DType.F32, golden.tensor("running_var"));
    Tensor y = scratch.poisoned(precision.dtype(), x.shape());
    Tensor dx = scratch.poisoned(precision.dtype(), x.shape());
    Tensor dweight = scratch.poisoned(DType.F32, weight.shape());
    Tensor dbias = scratch.poisoned(DType.F32, weight.shape());
    Tensor workspace = scratch.workspace(BatchNorm.workspaceBytes(device, x));
    norm.forwardInference(device, x, weight, bias, null, mean, variance, y).run();
    norm.backwardInference(
            device, x, null, weight, mean, variance, dy, dx, null, dweight, dbias, workspace)
        .run();
    double tolerance = tolerance(precision, x.toFloats(), weight.shape().get(0));
    comparisons.add(image(golden, "eval_y", y, tolerance));
    comparisons.add(image(golden, "eval_grad_x", dx, tolerance));
    comparisons.add(vector(golden, "eval_grad_weight", dweight.toFloats(), tolerance));
    comparisons.add(vector(golden, "eval_grad_bias", dbias.toFloats(), tolerance));
  }

  /**
   * Sums over M = N H W values walk by sqrt(M) roundoffs; about eight operations follow, each a
   * roundoff. An error of x counts (1 + |mean| / deviation) times in the normalised x, worst in the
   * channel where that is largest, and enters the gradient of x twice more, through both of its
   * sums.
   */
  private static double tolerance(Precision precision, float[] x, long channels) {
    int c = Math.toIntExact(channels);
    int m = x.length / c;
    double worst = 0;
    for (int channel = 0; channel < c; channel++) {
      double sum = 0;
      double squares = 0;
      for (int i = channel; i < x.length; i += c) {
        sum += x[i];
        squares += (double) x[i] * x[i];
      }
      double mean = sum / m;
      double variance = squares / m - mean * mean;
      if (m > 1 && variance > 0) {
        worst = Math.max(worst, Math.abs(mean) / Math.sqrt(variance));
      }
    }
    double f32 = Precision.F32_ROUNDOFF * (8 + 4 * Math.sqrt(m));
    return (1 + worst) * (f32 + 3 * precision.input()) + precision.output();
  }

  private static Comparison image(GoldenCase golden, String key, Tensor actual, double tolerance) {
    double[] expected = golden.tensor(key).permute(0, 2, 3, 1).toDoubles();
    return Comparison.of(key, expected, actual.toFloats(), tolerance);
  }

  private static Comparison vector(
      GoldenCase golden, String key, float[] actual, double tolerance) {
    return Comparison.of(key, golden.tensor(key).toDoubles(), actual, tolerance);
  }
}
