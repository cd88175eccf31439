package org.octothorpe.graph;

import org.octothorpe.Call;
import org.octothorpe.Tensor;
import org.octothorpe.ops.SigmoidCrossEntropy;
import org.octothorpe.ops.SoftmaxCrossEntropy;

/** The loss over the tags of an image. */
public enum Loss {
  /**
   * Softmax cross-entropy over the whole vocabulary; each of an image's k tags has the target 1/k.
   */
  SOFTMAX,
  /** A binary cross-entropy for each tag, summed over the vocabulary. */
  SIGMOID;

  Call prepare(
      Tensor logits, Tensor offsets, Tensor labels, float scale, Tensor loss, Tensor dlogits) {
    return switch (this) {
      case SOFTMAX ->
          new SoftmaxCrossEntropy(scale).forwardBackward(logits, offsets, labels, loss, dlogits);
      case SIGMOID ->
          new SigmoidCrossEntropy(scale).forwardBackward(logits, offsets, labels, loss, dlogits);
    };
  }
}
