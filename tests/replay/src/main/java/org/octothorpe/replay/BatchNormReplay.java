package org.octothorpe.replay;

import java.util.ArrayList;
import java.util.List;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.ops.BatchNorm;
import org.octothorpe.oracle.NaiveBatchNorm;
import org.octothorpe.oracle.Rounding;

/** Cases of kind {@code batch_norm2d}: training and inference, outputs, gradients, statistics. */
final class BatchNormReplay implements Replayer {
  @Override
  public List<Comparison> run(Device device, Precision precision, GoldenCase golden) {
    List<Comparison> comparisons = new ArrayList<>();
    double epsilon = golden.parameter("eps").asDouble();
    double momentum = golden.parameter("momentum").asDouble();
    BatchNorm norm = new BatchNorm((float) epsilon, (float) momentum, false);
    try (Scratch scratch = new Scratch(device)) {
      if (golden.has("train_y")) {
        training(new Layer(scratch, norm, precision, golden), comparisons);
      }
      if (golden.has("eval_y")) {
        inference(new Layer(scratch, norm, precision, golden), comparisons);
      }
    }
    if (comparisons.isEmpty()) {
      throw new IllegalArgumentException("there is neither train_y nor eval_y");
    }
    return comparisons;
  }

  /** The tensors of a case. */
  private static final class Layer {
    final Precision precision;
    final GoldenCase golden;
    final BatchNorm norm;
    final Tensor x;
    final Tensor dy;
    final Tensor weight;
    final Tensor bias;
    final Tensor mean;
    final Tensor variance;
    final Tensor savedMean;
    final Tensor savedRstd;
    final Tensor y;
    final Tensor dx;
    final Tensor dweight;
    final Tensor dbias;

    Layer(Scratch scratch, BatchNorm norm, Precision precision, GoldenCase golden) {
      this.precision = precision;
      this.golden = golden;
      this.norm = norm;
      DType dtype = precision.dtype();
      x = scratch.channelsLast(dtype, golden, "x");
      dy = scratch.channelsLast(dtype, golden, "grad_y");
      weight = scratch.of(DType.F32, golden.tensor("weight"));
      bias = scratch.of(DType.F32, golden.tensor("bias"));
      mean = scratch.of(DType.F32, golden.tensor("running_mean"));
      variance = scratch.of(DType.F32, golden.tensor("running_var"));
      Shape channels = weight.shape();
      savedMean = scratch.poisoned(DType.F32, channels);
      savedRstd = scratch.poisoned(DType.F32, channels);
      y = scratch.poisoned(dtype, x.shape());
      dx = scratch.poisoned(dtype, x.shape());
      dweight = scratch.poisoned(DType.F32, channels);
      dbias = scratch.poisoned(DType.F32, channels);
    }

    NaiveBatchNorm naive() {
      double[] values = golden.channelsLastDoubles("x");
      int channels = Math.toIntExact(weight.shape().get(0));
      return new NaiveBatchNorm(Rounding.none(), norm.epsilon(), values, channels);
    }

    Comparison image(String key, Tensor actual, double tolerance, double floor) {
      double[] expected = golden.channelsLastDoubles(key);
      return Comparison.of(key, expected, actual.toFloats(), tolerance, floor);
    }

    Comparison vector(String key, float[] actual, double tolerance, double floor) {
      double[] expected = golden.tensor(key).toDoubles();
      return Comparison.of(key, expected, actual, tolerance, floor);
    }
  }

  private static void training(Layer l, List<Comparison> comparisons) {
    Scratch.run(
        l.norm.forwardTraining(
            l.x, l.weight, l.bias, null, l.mean, l.variance, l.savedMean, l.savedRstd, l.y));
    Scratch.run(
        l.norm.backwardTraining(
            l.x, null, l.weight, l.savedMean, l.savedRstd, l.dy, l.dx, null, l.dweight, l.dbias));
    BatchNormBounds bounds =
        new BatchNormBounds(l.precision, l.golden, l.naive().measured(), false);
    double tolerance = bounds.tolerance();
    comparisons.add(l.image("train_y", l.y, tolerance, bounds.y()));
    comparisons.add(l.image("train_grad_x", l.dx, tolerance, bounds.dx()));
    comparisons.add(
        l.vector("train_grad_weight", l.dweight.toFloats(), tolerance, bounds.dweight()));
    comparisons.add(l.vector("train_grad_bias", l.dbias.toFloats(), tolerance, bounds.dbias()));
    comparisons.add(l.vector("train_running_mean", l.mean.toFloats(), tolerance, bounds.mean()));
    comparisons.add(
        l.vector("train_running_var", l.variance.toFloats(), tolerance, bounds.variance()));
    comparisons.add(l.vector("train_batch_mean", l.savedMean.toFloats(), tolerance, bounds.mean()));
    float[] biased = l.savedRstd.toFloats();
    for (int c = 0; c < biased.length; c++) {
      biased[c] = (float) (1 / ((double) biased[c] * biased[c]) - l.norm.epsilon());
    }
    comparisons.add(l.vector("train_batch_var_biased", biased, tolerance, bounds.variance()));
  }

  private static void inference(Layer l, List<Comparison> comparisons) {
    Scratch.run(l.norm.forwardInference(l.x, l.weight, l.bias, null, l.mean, l.variance, l.y));
    Scratch.run(
        l.norm.backwardInference(
            l.x, null, l.weight, l.mean, l.variance, l.dy, l.dx, null, l.dweight, l.dbias));
    double[] mean = l.golden.tensor("running_mean").toDoubles();
    double[] variance = l.golden.tensor("running_var").toDoubles();
    BatchNormBounds bounds =
        new BatchNormBounds(l.precision, l.golden, l.naive().given(mean, variance), true);
    double tolerance = bounds.tolerance();
    comparisons.add(l.image("eval_y", l.y, tolerance, bounds.y()));
    comparisons.add(l.image("eval_grad_x", l.dx, tolerance, bounds.dx()));
    comparisons.add(
        l.vector("eval_grad_weight", l.dweight.toFloats(), tolerance, bounds.dweight()));
    comparisons.add(l.vector("eval_grad_bias", l.dbias.toFloats(), tolerance, bounds.dbias()));
  }
}
