package org.octothorpe.replay;

import java.util.ArrayList;
import java.util.List;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.io.HostTensor;
import org.octothorpe.ops.SoftmaxCrossEntropy;

/** Cases of kind {@code softmax_ce_multilabel}: loss_rows, loss and grad_logits. */
final class SoftmaxReplay implements Replayer {
  @Override
  public List<Comparison> run(Device device, Precision precision, GoldenCase golden) {
    HostTensor logits = golden.tensor("logits");
    int rows = Math.toIntExact(logits.shape()[0]);
    PaddedLabels labels = PaddedLabels.of(golden.tensor("labels"), golden.tensor("label_weights"));
    try (Scratch scratch = new Scratch(device)) {
      Tensor x = scratch.of(precision.dtype(), logits);
      Tensor offsets = scratch.ints(labels.offsets());
      Tensor ids = scratch.ints(labels.ids());
      Tensor loss = scratch.poisoned(DType.F32, Shape.of(rows));
      Tensor dx = scratch.poisoned(precision.dtype(), x.shape());
      Scratch.run(new SoftmaxCrossEntropy(1f / rows).forwardBackward(x, offsets, ids, loss, dx));
      float[] losses = loss.toFloats();
      double mean = 0;
      for (float value : losses) {
        mean += value / rows;
      }
      double[] expectedLosses = golden.tensor("loss_rows").toDoubles();
      double[] expectedLoss = golden.tensor("loss").toDoubles();
      double[] expectedGradient = golden.tensor("grad_logits").toDoubles();
      Bounds bounds = bounds(precision, logits, expectedGradient);
      List<Comparison> comparisons = new ArrayList<>();
      comparisons.add(
          Comparison.of(
              "loss_rows",
              expectedLosses,
              losses,
              bounds.loss / Math.max(1, norm(expectedLosses))));
      comparisons.add(
          Comparison.of(
              "loss",
              expectedLoss,
              new float[] {(float) mean},
              bounds.loss / Math.sqrt(rows) / Math.max(1, norm(expectedLoss))));
      comparisons.add(
          Comparison.of(
              "grad_logits",
              expectedGradient,
              dx.toFloats(),
              bounds.gradient / norm(expectedGradient)));
      return comparisons;
    }
  }

  private static final class Bounds {
    private double loss;
    private double gradient;
  }

  /**
   * The L2 norms that the errors of all rows may have. With d the largest error of a row's logits,
   * relative to each other: the loss is off by at most 2 d, a probability by at most exp(2 d) - 1
   * of itself, and never by more than 1. F32 kernels subtract the row's maximum, which loses one
   * roundoff of it, and sum V exponentials.
   */
  private static Bounds bounds(Precision precision, HostTensor logits, double[] gradient) {
    int rows = Math.toIntExact(logits.shape()[0]);
    int classes = Math.toIntExact(logits.shape()[1]);
    float[] values = logits.toFloats();
    double loss = 0;
    double sum = 0;
    for (int row = 0; row < rows; row++) {
      double largest = 1;
      for (int c = 0; c < classes; c++) {
        float value = values[row * classes + c];
        largest = Math.max(largest, Float.isInfinite(value) ? 0 : Math.abs(value));
      }
      double roundoff = Math.max(precision.input(), Precision.F32_ROUNDOFF);
      double d = roundoff * largest + 4 * Precision.F32_ROUNDOFF * Math.sqrt(classes);
      loss += 4 * d * d;
      double probability = Math.min(1, Math.expm1(2 * d));
      sum += 2 * Math.pow(probability / rows, 2);
    }
    Bounds bounds = new Bounds();
    bounds.loss = Math.sqrt(loss);
    bounds.gradient = Math.sqrt(sum) + precision.output() * norm(gradient);
    return bounds;
  }

  private static double norm(double[] values) {
    double sum = 0;
    for (double value : values) {
      sum += value * value;
    }
    return Math.sqrt(sum);
  }
}
