package org.octothorpe.ops;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.Nullable;
import org.octothorpe.Call;
import org.octothorpe.Tensor;
import org.octothorpe.bindings.oct_sigmoid_cross_entropy_args;
import org.octothorpe.bindings.octothorpe;

/**
 * The binary cross-entropy of V independent sigmoids, summed over V; target 1 on a row's labels,
 * else 0.
 *
 * <p>logits [B,V], F32 or BF16; labels in CSR form, offsets I32 [B+1] and labels I32; loss F32 [B],
 * in nats.
 *
 * @param gradientScale factor of the gradient: 1/B for the mean over the batch
 */
@CheckReturnValue
public record SigmoidCrossEntropy(float gradientScale) {
  /**
   * The loss of each row and the gradient with respect to the logits.
   *
   * @param dlogits like logits, which it may be; or null for the loss alone
   */
  public Call forwardBackward(
      Tensor logits, Tensor offsets, Tensor labels, Tensor loss, @Nullable Tensor dlogits) {
    return NativeCall.<oct_sigmoid_cross_entropy_args>prepare(
        "sigmoid_cross_entropy",
        octothorpe::oct_sigmoid_cross_entropy_prepare,
        new oct_sigmoid_cross_entropy_args().gradient_scale(gradientScale),
        logits,
        offsets,
        labels,
        loss,
        dlogits);
  }
}
