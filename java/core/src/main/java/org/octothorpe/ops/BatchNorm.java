package org.octothorpe.ops;

import org.octothorpe.Call;
import org.bytedeco.javacpp.Pointer;
import org.bytedeco.javacpp.SizeTPointer;
import org.jspecify.annotations.Nullable;
import org.octothorpe.Device;
import org.octothorpe.Tensor;
import org.octothorpe.bindings.oct_batch_norm;
import org.octothorpe.bindings.oct_context;
import org.octothorpe.bindings.oct_tensor;
import org.octothorpe.bindings.octothorpe;

/**
 * Batch normalisation over N, H, W, optionally fused with the residual add and the ReLU that follow
 * it.
 *
 * <p>x, y, residual and their gradients [N,H,W,C] of one type, F32 or BF16; everything else F32
 * [C].
 *
 * @param epsilon added to the variance; &gt; 0
 * @param momentum running = (1 - momentum) running + momentum batch; in [0,1]
 * @param relu whether y = max(0, .) after the residual add
 * @see <a href="https://arxiv.org/abs/1502.03167">Ioffe and Szegedy 2015</a>
 */
public record BatchNorm(float epsilon, float momentum, boolean relu) {
  /** Returns the scratch bytes of the training forward and of both backward passes. */
  public static long workspaceBytes(Device device, Tensor x) {
    try (SizeTPointer bytes = new SizeTPointer(1)) {
      Status.check(octothorpe.oct_batch_norm_workspace(device.context(), x.descriptor(), bytes));
      return bytes.get();
    }
  }

  /**
   * y from the batch's own statistics, which are saved for the backward pass and folded into the
   * running ones.
   *
   * @param runningMean updated, or null together with runningVariance
   * @param savedMean written
   * @param savedRstd written: 1 / sqrt(variance + epsilon)
   * @param y may be residual, not x
   */
  public Call forwardTraining(
      Device device,
      Tensor x,
      Tensor weight,
      Tensor bias,
      @Nullable Tensor residual,
      @Nullable Tensor runningMean,
      @Nullable Tensor runningVariance,
      Tensor savedMean,
      Tensor savedRstd,
      Tensor y,
      @Nullable Tensor workspace) {
    oct_context context = device.context();
    oct_batch_norm bn = parameters();
    oct_tensor xd = x.descriptor();
    oct_tensor wd = weight.descriptor();
    oct_tensor bd = bias.descriptor();
    oct_tensor rd = descriptor(residual);
    oct_tensor rm = descriptor(runningMean);
    oct_tensor rv = descriptor(runningVariance);
    oct_tensor sm = savedMean.descriptor();
    oct_tensor sr = savedRstd.descriptor();
    oct_tensor yd = y.descriptor();
    Pointer scratch = workspace == null ? null : workspace.data();
    long bytes = workspace == null ? 0 : workspace.bytes();
    return () ->
        Status.check(
            octothorpe.oct_batch_norm_forward_training(
                context, bn, xd, wd, bd, rd, rm, rv, sm, sr, yd, scratch, bytes));
  }

  /** y from the running statistics, which are left as they are; y may be x or residual. */
  public Call forwardInference(
      Device device,
      Tensor x,
      Tensor weight,
      Tensor bias,
      @Nullable Tensor residual,
      Tensor runningMean,
      Tensor runningVariance,
      Tensor y) {
    oct_context context = device.context();
    oct_batch_norm bn = parameters();
    oct_tensor xd = x.descriptor();
    oct_tensor wd = weight.descriptor();
    oct_tensor bd = bias.descriptor();
    oct_tensor rd = descriptor(residual);
    oct_tensor rm = runningMean.descriptor();
    oct_tensor rv = runningVariance.descriptor();
    oct_tensor yd = y.descriptor();
    return () ->
        Status.check(
            octothorpe.oct_batch_norm_forward_inference(context, bn, xd, wd, bd, rd, rm, rv, yd));
  }

  /**
   * Gradients of {@link #forwardTraining}.
   *
   * @param y the output of the forward pass with relu, null without
   * @param dx may be dy or y
   * @param dresidual the masked dy, or null; may be dy, and then dx may not
   */
  public Call backwardTraining(
      Device device,
      Tensor x,
      @Nullable Tensor y,
      Tensor weight,
      Tensor savedMean,
      Tensor savedRstd,
      Tensor dy,
      Tensor dx,
      @Nullable Tensor dresidual,
      Tensor dweight,
      Tensor dbias,
      @Nullable Tensor workspace) {
    oct_context context = device.context();
    oct_batch_norm bn = parameters();
    oct_tensor xd = x.descriptor();
    oct_tensor yd = descriptor(y);
    oct_tensor wd = weight.descriptor();
    oct_tensor sm = savedMean.descriptor();
    oct_tensor sr = savedRstd.descriptor();
    oct_tensor dyd = dy.descriptor();
    oct_tensor dxd = dx.descriptor();
    oct_tensor drd = descriptor(dresidual);
    oct_tensor dwd = dweight.descriptor();
    oct_tensor dbd = dbias.descriptor();
    Pointer scratch = workspace == null ? null : workspace.data();
    long bytes = workspace == null ? 0 : workspace.bytes();
    return () ->
        Status.check(
            octothorpe.oct_batch_norm_backward_training(
                context, bn, xd, yd, wd, sm, sr, dyd, dxd, drd, dwd, dbd, scratch, bytes));
  }

  /** Gradients of {@link #forwardInference}, whose statistics are constants; arguments as above. */
  public Call backwardInference(
      Device device,
      Tensor x,
      @Nullable Tensor y,
      Tensor weight,
      Tensor runningMean,
      Tensor runningVariance,
      Tensor dy,
      Tensor dx,
      @Nullable Tensor dresidual,
      Tensor dweight,
      Tensor dbias,
      @Nullable Tensor workspace) {
    oct_context context = device.context();
    oct_batch_norm bn = parameters();
    oct_tensor xd = x.descriptor();
    oct_tensor yd = descriptor(y);
    oct_tensor wd = weight.descriptor();
    oct_tensor rm = runningMean.descriptor();
    oct_tensor rv = runningVariance.descriptor();
    oct_tensor dyd = dy.descriptor();
    oct_tensor dxd = dx.descriptor();
    oct_tensor drd = descriptor(dresidual);
    oct_tensor dwd = dweight.descriptor();
    oct_tensor dbd = dbias.descriptor();
    Pointer scratch = workspace == null ? null : workspace.data();
    long bytes = workspace == null ? 0 : workspace.bytes();
    return () ->
        Status.check(
            octothorpe.oct_batch_norm_backward_inference(
                context, bn, xd, yd, wd, rm, rv, dyd, dxd, drd, dwd, dbd, scratch, bytes));
  }

  private static @Nullable oct_tensor descriptor(@Nullable Tensor tensor) {
    return tensor == null ? null : tensor.descriptor();
  }

  private oct_batch_norm parameters() {
    return new oct_batch_norm().epsilon(epsilon).momentum(momentum).relu(relu ? 1 : 0);
  }
}
