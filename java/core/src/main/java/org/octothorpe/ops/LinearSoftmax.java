package org.octothorpe.ops;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.Nullable;
import org.octothorpe.Call;
import org.octothorpe.Tensor;
import org.octothorpe.bindings.oct_linear_softmax_cross_entropy_args;
import org.octothorpe.bindings.octothorpe;

/**
 * The head of a network with its loss, for vocabularies whose logits [B,V] are too large to keep:
 * {@link Linear} and {@link SoftmaxCrossEntropy} together, with the logits of a chunk of classes at
 * a time.
 *
 * <p>x [B,D], weight [V,D], F32 or BF16; bias F32 [V]; labels in CSR form, offsets I32 [B+1] and
 * labels I32; loss F32 [B], in nats; dx like x, dweight and dbias F32. The same bits for any number
 * of threads.
 *
 * @param chunk classes whose logits are kept at a time, in [0,V]; 0 for none
 * @param gradientScale factor of the gradients: 1/B for the mean over the batch
 */
@CheckReturnValue
public record LinearSoftmax(long chunk, float gradientScale) {
  /**
   * The loss of each row and the gradients of all inputs.
   *
   * @param dx overwritten; or null
   * @param dweight overwritten; or null
   * @param dbias overwritten; or null
   */
  public Call forwardBackward(
      Tensor x,
      Tensor weight,
      @Nullable Tensor bias,
      Tensor offsets,
      Tensor labels,
      Tensor loss,
      @Nullable Tensor dx,
      @Nullable Tensor dweight,
      @Nullable Tensor dbias) {
    return NativeCall.<oct_linear_softmax_cross_entropy_args>prepare(
        "linear_softmax_cross_entropy",
        octothorpe::oct_linear_softmax_cross_entropy_prepare,
        new oct_linear_softmax_cross_entropy_args().chunk(chunk).gradient_scale(gradientScale),
        x,
        weight,
        bias,
        offsets,
        labels,
        loss,
        dx,
        dweight,
        dbias);
  }
}
