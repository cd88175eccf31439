package org.octothorpe.cli.replay;

/** Softmax cross-entropy of rows with k labels each of mass 1/k; the mean over the rows. */
final class NaiveSoftmax {
  private final Rounding rounding;

  NaiveSoftmax(Rounding rounding) {
    this.rounding = rounding;
  }

  /** Gives the logits their gradient and returns the loss, in nats. */
  double backward(NaiveTensor logits, PaddedLabels labels) {
    int[] offsets = labels.offsets();
    double[] gradient = new double[logits.values.length];
    double loss = 0;
    for (int row = 0; row < logits.n; row++) {
      int start = row * logits.c;
      double largest = Double.NEGATIVE_INFINITY;
      for (int i = start; i < start + logits.c; i++) {
        largest = Math.max(largest, logits.values[i]);
      }
      double sum = 0;
      for (int i = start; i < start + logits.c; i++) {
        sum += Math.exp(logits.values[i] - largest);
      }
      double logSum = largest + Math.log(sum);
      for (int i = start; i < start + logits.c; i++) {
        gradient[i] = Math.exp(logits.values[i] - logSum);
      }
      double mass = 1.0 / (offsets[row + 1] - offsets[row]);
      double rowLoss = 0;
      for (int l = offsets[row]; l < offsets[row + 1]; l++) {
        int i = start + labels.ids()[l];
        rowLoss += mass * (logSum - logits.values[i]);
        gradient[i] -= mass;
      }
      loss += rounding.f32(rowLoss) / logits.n;
    }
    for (int i = 0; i < gradient.length; i++) {
      gradient[i] /= logits.n;
    }
    logits.contribute(rounding.activation(gradient), rounding);
    return loss;
  }
}
