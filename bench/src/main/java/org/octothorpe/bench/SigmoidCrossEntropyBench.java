package org.octothorpe.bench;

import org.octothorpe.ops.SigmoidCrossEntropy;

/** Loss and gradient of the binary cross-entropy of independent sigmoids. */
public class SigmoidCrossEntropyBench extends LossBench {
  /** Makes the benchmark. */
  public SigmoidCrossEntropyBench() {
    super(
        (scale, logits, offsets, labels, loss, dlogits) ->
            new SigmoidCrossEntropy(scale).forwardBackward(logits, offsets, labels, loss, dlogits));
  }
}
