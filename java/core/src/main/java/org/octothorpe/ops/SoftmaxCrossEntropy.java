package org.octothorpe.ops;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.Nullable;
import org.octothorpe.Call;
import org.octothorpe.Tensor;
import org.octothorpe.bindings.oct_softmax_cross_entropy_args;
import org.octothorpe.bindings.octothorpe;

/**
 * The cross-entropy of a softmax over V classes with sparse multi-label targets: each of a row's k
 * labels has the target 1/k.
 *
 * <p>logits [B,V], F32 or BF16; labels in CSR form, offsets I32 [B+1] and labels I32; loss F32 [B],
 * in nats.
 *
 * @param gradientScale factor of the gradient: 1/B for the mean over the batch
 */
@CheckReturnValue
public record SoftmaxCrossEntropy(float gradientScale) {
  /**
   * The loss of each row and the gradient with respect to the logits.
   *
   * @param dlogits like logits, which it may be; or null for the loss alone
   */
  public Call forwardBackward(
      Tensor logits, Tensor offsets, Tensor labels, Tensor loss, @Nullable Tensor dlogits) {
    return NativeCall.<oct_softmax_cross_entropy_args>prepare(
        "softmax_cross_entropy",
        octothorpe::oct_softmax_cross_entropy_prepare,
        new oct_softmax_cross_entropy_args().gradient_scale(gradientScale),
        logits,
        offsets,
        labels,
        loss,
        dlogits);
  }
}
