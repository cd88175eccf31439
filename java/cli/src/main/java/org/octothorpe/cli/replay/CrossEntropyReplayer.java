package org.octothorpe.cli.replay;

import java.util.ArrayList;
import java.util.List;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.cli.CommandFailure;
import org.octothorpe.io.HostTensor;
import org.octothorpe.ops.SoftmaxCrossEntropy;

/** Multi-label softmax cross-entropy: loss of each row, their mean, and the gradient of the mean. */
final class CrossEntropyReplayer implements Replayer {
  @Override
  public List<Comparison> replay(GoldenCase golden, Device device, DType dtype) {
    HostTensor logits = golden.tensor("logits");
    int rows = Math.toIntExact(logits.shape()[0]);
    long classes = logits.shape()[1];
    Labels labels = Labels.of(golden.name(), golden.tensor("labels"), golden.values("label_weights"));
    // The loss is a difference of numbers as large as the largest logit, each rounded once; rounding logits to BF16 moves them by
    // 2^-9 of their size first. A gradient is a probability: it moves by twice the move of the logits, and by no more than 1.
    double largest = 1;
    for (double v : logits.toDoubles()) {
      largest = Double.isFinite(v) ? Math.max(largest, Math.abs(v)) : largest;
    }
    double moved = dtype == DType.F32 ? 0 : largest * BF16_ROUNDING;
    double lossError = 2 * moved + (largest + Math.log((double) classes) + 16) * 4 * F32_ROUNDING;
    double gradientError =
        Math.min(1, 2 * moved) + (largest + 16) * 8 * F32_ROUNDING + (dtype == DType.F32 ? 0 : BF16_ROUNDING);

    Tensor x = Replayer.upload(device, logits, dtype);
    Tensor offsets = device.allocate(DType.I32, Shape.of(rows + 1L));
    offsets.copyFrom(labels.offsets);
    Tensor ids = device.allocate(DType.I32, Shape.of(labels.ids.length));
    ids.copyFrom(labels.ids);
    Tensor loss = device.allocate(DType.F32, Shape.of(rows));
    SoftmaxCrossEntropy.forwardBackward(device, x, offsets, ids, 1f / rows, loss, x).run();
    double[] losses = Replayer.download(loss);
    double mean = 0;
    for (double value : losses) {
      mean += value / rows;
    }
    List<Comparison> results = new ArrayList<>();
    results.add(Comparison.within("loss_rows", losses, golden.values("loss_rows"), relative(golden, "loss_rows", lossError)));
    results.add(Comparison.within("loss", new double[] {mean}, golden.values("loss"), relative(golden, "loss", lossError)));
    // The norm of the gradient of one row is at most sqrt(2) and rarely below 0.1: errors are taken relative to the whole.
    results.add(
        Comparison.within("grad_logits", Replayer.download(x), golden.values("grad_logits"), Math.max(gradientError, 1e-6)));
    Replayer.close(x, offsets, ids, loss);
    return results;
  }

  /** An absolute error of each element as one relative to the norm. */
  private static double relative(GoldenCase golden, String tensor, double absolute) {
    double[] values = golden.values(tensor);
    double norm = 0;
    for (double v : values) {
      norm += v * v;
    }
    return norm > 0 ? absolute * Math.sqrt(values.length / norm) : absolute * Math.sqrt(values.length);
  }

  /** Padded labels as CSR. */
  static final class Labels {
    final int[] offsets;
    final int[] ids;

    private Labels(int[] offsets, int[] ids) {
      this.offsets = offsets;
      this.ids = ids;
    }

    static Labels of(String name, HostTensor padded, double[] weights) {
      int rows = Math.toIntExact(padded.shape()[0]);
      int width = Math.toIntExact(padded.shape()[1]);
      long[] values = padded.toLongs();
      int[] offsets = new int[rows + 1];
      int[] ids = new int[values.length];
      for (int row = 0; row < rows; row++) {
        int count = 0;
        for (int i = 0; i < width; i++) {
          if (values[row * width + i] >= 0) {
            ids[offsets[row] + count++] = Math.toIntExact(values[row * width + i]);
          }
        }
        offsets[row + 1] = offsets[row] + count;
        for (int i = 0; i < width; i++) {
          double expected = values[row * width + i] >= 0 ? 1.0 / count : 0;
          if (Math.abs(weights[row * width + i] - expected) > 1e-6) {
            throw new CommandFailure(
                name + ": label_weights of row " + row + " holds " + weights[row * width + i] + "; 1/k is supported");
          }
        }
      }
      return new Labels(offsets, java.util.Arrays.copyOf(ids, offsets[rows]));
    }
  }
}
