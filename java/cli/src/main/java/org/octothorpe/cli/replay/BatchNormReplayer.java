package org.octothorpe.cli.replay;

import java.util.ArrayList;
import java.util.List;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.ops.BatchNorm;

/** Batch normalisation: training with its running statistics, and inference; both with gradients. */
final class BatchNormReplayer implements Replayer {
  @Override
  public List<Comparison> replay(GoldenCase golden, Device device, DType dtype) {
    BatchNorm bn = new BatchNorm((float) golden.number("eps"), (float) golden.number("momentum"), false);
    Tensor x = Replayer.uploadChannelsLast(device, golden.tensor("x"), dtype);
    Tensor dy = Replayer.uploadChannelsLast(device, golden.tensor("grad_y"), dtype);
    Tensor weight = Replayer.upload(device, golden.tensor("weight"), DType.F32);
    Tensor bias = Replayer.upload(device, golden.tensor("bias"), DType.F32);
    Tensor mean = Replayer.upload(device, golden.tensor("running_mean"), DType.F32);
    Tensor variance = Replayer.upload(device, golden.tensor("running_var"), DType.F32);
    Shape channels = weight.shape();
    Tensor y = device.allocate(dtype, x.shape());
    Tensor dx = device.allocate(dtype, x.shape());
    Tensor dweight = device.allocate(DType.F32, channels);
    Tensor dbias = device.allocate(DType.F32, channels);
    Tensor scratch = Replayer.workspace(device, BatchNorm.workspaceBytes(device, x));
    List<Comparison> results = new ArrayList<>();

    // Inference first: training changes the running statistics.
    double count = (double) x.shape().elements() / channels.get(0);
    double tolerance = tolerance(golden, dtype, count, golden.values("running_mean"), golden.values("running_var"));
    bn.forwardInference(device, x, weight, bias, null, mean, variance, y).run();
    results.add(Comparison.within("eval_y", Replayer.downloadChannelsFirst(y), golden.values("eval_y"), tolerance));
    bn.backwardInference(device, x, null, weight, mean, variance, dy, dx, null, dweight, dbias, scratch).run();
    results.add(Comparison.within("eval_grad_x", Replayer.downloadChannelsFirst(dx), golden.values("eval_grad_x"), tolerance));
    results.add(Comparison.within("eval_grad_weight", Replayer.download(dweight), golden.values("eval_grad_weight"), tolerance));
    results.add(Comparison.within("eval_grad_bias", Replayer.download(dbias), golden.values("eval_grad_bias"), tolerance));

    if (golden.has("train_y")) {
      tolerance =
          tolerance(golden, dtype, count, golden.values("train_batch_mean"), golden.values("train_batch_var_biased"));
      Tensor savedMean = device.allocate(DType.F32, channels);
      Tensor savedRstd = device.allocate(DType.F32, channels);
      bn.forwardTraining(device, x, weight, bias, null, mean, variance, savedMean, savedRstd, y, scratch).run();
      results.add(Comparison.within("train_y", Replayer.downloadChannelsFirst(y), golden.values("train_y"), tolerance));
      results.add(
          Comparison.within("train_running_mean", Replayer.download(mean), golden.values("train_running_mean"), tolerance));
      results.add(
          Comparison.within("train_running_var", Replayer.download(variance), golden.values("train_running_var"), tolerance));
      results.add(
          Comparison.within("train_batch_mean", Replayer.download(savedMean), golden.values("train_batch_mean"), tolerance));
      double[] biased = Replayer.download(savedRstd);
      for (int i = 0; i < biased.length; i++) {
        biased[i] = 1 / (biased[i] * biased[i]) - golden.number("eps");
      }
      results.add(
          Comparison.within("train_batch_var_biased", biased, golden.values("train_batch_var_biased"), 2 * tolerance));
      bn.backwardTraining(device, x, null, weight, savedMean, savedRstd, dy, dx, null, dweight, dbias, scratch).run();
      // dx is dy less its projections on 1 and on x: what is left may be smaller than dy by a few.
      results.add(
          Comparison.within("train_grad_x", Replayer.downloadChannelsFirst(dx), golden.values("train_grad_x"), 4 * tolerance));
      results.add(
          Comparison.within("train_grad_weight", Replayer.download(dweight), golden.values("train_grad_weight"), tolerance));
      results.add(Comparison.within("train_grad_bias", Replayer.download(dbias), golden.values("train_grad_bias"), tolerance));
      Replayer.close(savedMean, savedRstd);
    }
    Replayer.close(x, dy, weight, bias, mean, variance, y, dx, dweight, dbias, scratch);
    return results;
  }

  /**
   * The tolerance of a sum over the batch, times how many deviations the values lie from 0: x - mean loses that factor of its
   * digits, in F32 to the sum's rounding, in BF16 to the rounding of x.
   */
  private static double tolerance(GoldenCase golden, DType dtype, double count, double[] mean, double[] variance) {
    double factor = 1;
    for (int i = 0; i < mean.length; i++) {
      factor = Math.max(factor, 1 + Math.abs(mean[i]) / Math.sqrt(variance[i] + golden.number("eps")));
    }
    return factor * Replayer.ofSum(dtype, count);
  }
}
