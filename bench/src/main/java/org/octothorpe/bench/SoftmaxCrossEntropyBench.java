package org.octothorpe.bench;

import org.octothorpe.ops.SoftmaxCrossEntropy;

/** Loss and gradient of the multi-label softmax cross-entropy. */
public class SoftmaxCrossEntropyBench extends LossBench {
  /** Makes the benchmark. */
  public SoftmaxCrossEntropyBench() {
    super(SoftmaxCrossEntropy::forwardBackward);
  }
}
