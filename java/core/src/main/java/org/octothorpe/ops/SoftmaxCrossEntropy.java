package org.octothorpe.ops;

import org.octothorpe.Call;
import org.jspecify.annotations.Nullable;
import org.octothorpe.Device;
import org.octothorpe.Tensor;
import org.octothorpe.bindings.oct_context;
import org.octothorpe.bindings.oct_tensor;
import org.octothorpe.bindings.octothorpe;

/**
 * The cross-entropy of a softmax over V classes with sparse multi-label targets: each of a row's k
 * labels has the target 1/k.
 *
 * <p>logits [B,V], F32 or BF16; labels in CSR form, offsets I32 [B+1] and labels I32; loss F32 [B],
 * in nats.
 */
public final class SoftmaxCrossEntropy {
  private SoftmaxCrossEntropy() {}

  /**
   * The loss of each row and the gradient by the logits.
   *
   * @param gradientScale factor of the gradient: 1/B for the mean over the batch
   * @param dlogits like logits, which it may be; or null for the loss alone
   */
  public static Call forwardBackward(
      Device device,
      Tensor logits,
      Tensor offsets,
      Tensor labels,
      float gradientScale,
      Tensor loss,
      @Nullable Tensor dlogits) {
    oct_context context = device.context();
    oct_tensor ld = logits.descriptor();
    oct_tensor od = offsets.descriptor();
    oct_tensor bd = labels.descriptor();
    oct_tensor sd = loss.descriptor();
    oct_tensor dd = dlogits == null ? null : dlogits.descriptor();
    return () ->
        Status.check(
            octothorpe.oct_softmax_cross_entropy(context, ld, od, bd, gradientScale, sd, dd));
  }
}
