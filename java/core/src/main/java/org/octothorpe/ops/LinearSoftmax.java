package org.octothorpe.ops;

import org.octothorpe.Call;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.SizeTPointer;
import org.jspecify.annotations.Nullable;
import org.octothorpe.DType;
import org.octothorpe.Device;
import org.octothorpe.Shape;
import org.octothorpe.Tensor;
import org.octothorpe.bindings.oct_context;
import org.octothorpe.bindings.oct_tensor;
import org.octothorpe.bindings.octothorpe;

/**
 * The head of a network with its loss, for vocabularies whose logits [B,V] are too large to keep:
 * {@link Linear} and {@link SoftmaxCrossEntropy} together, with the logits of a chunk of classes at
 * a time.
 *
 * <p>x [B,D], weight [V,D], F32 or BF16; bias F32 [V]; labels in CSR form, offsets I32 [B+1] and
 * labels I32; loss F32 [B], in nats; dx like x, dweight and dbias F32. The same bits for any number
 * of threads.
 */
public final class LinearSoftmax {
  private LinearSoftmax() {}

  /**
   * Returns the scratch bytes.
   *
   * @param chunk classes whose logits are kept at a time; 0 for none
   * @throws IllegalArgumentException if an extent is below 1, or chunk not in [0,V]
   */
  public static long workspaceBytes(
      Device device, long batch, long inputs, long classes, long chunk, DType dtype) {
    try (Tensor x = device.unbound(dtype, Shape.of(batch, inputs));
        Tensor weight = device.unbound(dtype, Shape.of(classes, inputs));
        SizeTPointer bytes = new SizeTPointer(1)) {
      Status.check(
          octothorpe.oct_linear_softmax_workspace(
              device.context(), x.descriptor(), weight.descriptor(), chunk, bytes));
      return bytes.get();
    }
  }

  /**
   * The loss of each row and the gradients of all inputs.
   *
   * @param gradientScale factor of the gradients: 1/B for the mean over the batch
   * @param chunk classes whose logits are kept at a time; 0 for none
   * @param dx overwritten; or null
   * @param dweight overwritten; or null
   * @param dbias overwritten; or null
   */
  public static Call forwardBackward(
      Device device,
      Tensor x,
      Tensor weight,
      @Nullable Tensor bias,
      Tensor offsets,
      Tensor labels,
      float gradientScale,
      long chunk,
      Tensor loss,
      @Nullable Tensor dx,
      @Nullable Tensor dweight,
      @Nullable Tensor dbias,
      @Nullable Tensor workspace) {
    oct_context context = device.context();
    oct_tensor xd = x.descriptor();
    oct_tensor wd = weight.descriptor();
    oct_tensor bd = bias == null ? null : bias.descriptor();
    oct_tensor od = offsets.descriptor();
    oct_tensor ld = labels.descriptor();
    oct_tensor sd = loss.descriptor();
    oct_tensor dxd = dx == null ? null : dx.descriptor();
    oct_tensor dwd = dweight == null ? null : dweight.descriptor();
    oct_tensor dbd = dbias == null ? null : dbias.descriptor();
    Pointer scratch = workspace == null ? null : workspace.data();
    long bytes = workspace == null ? 0 : workspace.bytes();
    return () ->
        Status.check(
            octothorpe.oct_linear_softmax_cross_entropy(
                context,
                xd,
                wd,
                bd,
                od,
                ld,
                gradientScale,
                chunk,
                sd,
                dxd,
                dwd,
                dbd,
                scratch,
                bytes));
  }
}
