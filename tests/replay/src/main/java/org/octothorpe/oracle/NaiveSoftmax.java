package org.octothorpe.oracle;

import java.util.Arrays;

/**
 * The softmax cross-entropy of one row in double, with a target of 1/k on each of its k labels.
 *
 * @param loss in nats
 * @param probabilities of the classes
 * @param targets of the classes; a label that occurs twice counts twice
 */
@SuppressWarnings("ArrayRecordComponent") // read at once
public record NaiveSoftmax(double loss, double[] probabilities, double[] targets) {
  /**
   * Computes a row.
   *
   * @param counts how often each class is a label
   */
  public static NaiveSoftmax of(double[] logits, double[] counts) {
    double largest = Arrays.stream(logits).max().orElseThrow();
    double sum = 0;
    for (double logit : logits) {
      sum += Math.exp(logit - largest);
    }
    double logSum = largest + Math.log(sum);
    double labels = Arrays.stream(counts).sum();
    double[] probabilities = new double[logits.length];
    double[] targets = new double[logits.length];
    double loss = 0;
    for (int i = 0; i < logits.length; i++) {
      probabilities[i] = Math.exp(logits[i] - logSum);
      targets[i] = counts[i] / labels;
      loss += counts[i] > 0 ? targets[i] * (logSum - logits[i]) : 0;
    }
    return new NaiveSoftmax(loss, probabilities, targets);
  }

  /** Returns the gradient with respect to a logit. */
  public double gradient(int i) {
    return probabilities[i] - targets[i];
  }
}
