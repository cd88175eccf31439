package org.octothorpe.bench;

import org.octothorpe.ops.SoftmaxCrossEntropy;

/** Loss and gradient of the multi-label softmax cross-entropy. */
public class SoftmaxCrossEntropyBench extends LossBench {
  /** Makes the benchmark. */
  public SoftmaxCrossEntropyBench() {
    super(
        (scale, logits, offsets, labels, loss, dlogits) ->
            new SoftmaxCrossEntropy(scale).forwardBackward(logits, offsets, labels, loss, dlogits));
  }
}
