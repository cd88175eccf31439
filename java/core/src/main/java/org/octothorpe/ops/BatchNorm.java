package org.octothorpe.ops;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.Nullable;
import org.octothorpe.Call;
import org.octothorpe.Tensor;
import org.octothorpe.bindings.oct_batch_norm;
import org.octothorpe.bindings.oct_batch_norm_backward_inference_args;
import org.octothorpe.bindings.oct_batch_norm_backward_training_args;
import org.octothorpe.bindings.oct_batch_norm_forward_inference_args;
import org.octothorpe.bindings.oct_batch_norm_forward_training_args;
import org.octothorpe.bindings.octothorpe;

/**
 * Batch normalization over N, H, W, optionally fused with the residual add and the ReLU that follow
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
@CheckReturnValue
public record BatchNorm(float epsilon, float momentum, boolean relu) {
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
      Tensor x,
      Tensor weight,
      Tensor bias,
      @Nullable Tensor residual,
      @Nullable Tensor runningMean,
      @Nullable Tensor runningVariance,
      Tensor savedMean,
      Tensor savedRstd,
      Tensor y) {
    try (oct_batch_norm norm = struct()) {
      return NativeCall.<oct_batch_norm_forward_training_args>prepare(
          "batch_norm_forward_training",
          octothorpe::oct_batch_norm_forward_training_prepare,
          new oct_batch_norm_forward_training_args().norm(norm),
          x,
          weight,
          bias,
          residual,
          runningMean,
          runningVariance,
          savedMean,
          savedRstd,
          y);
    }
  }

  /** y from the running statistics, which are left as they are; y may be x or residual. */
  public Call forwardInference(
      Tensor x,
      Tensor weight,
      Tensor bias,
      @Nullable Tensor residual,
      Tensor runningMean,
      Tensor runningVariance,
      Tensor y) {
    try (oct_batch_norm norm = struct()) {
      return NativeCall.<oct_batch_norm_forward_inference_args>prepare(
          "batch_norm_forward_inference",
          octothorpe::oct_batch_norm_forward_inference_prepare,
          new oct_batch_norm_forward_inference_args().norm(norm),
          x,
          weight,
          bias,
          residual,
          runningMean,
          runningVariance,
          y);
    }
  }

  /**
   * Gradients of {@link #forwardTraining}.
   *
   * @param y the output of the forward pass with relu, null without
   * @param dx may be dy or y
   * @param dresidual the masked dy, or null; may be dy, and then dx may not
   */
  public Call backwardTraining(
      Tensor x,
      @Nullable Tensor y,
      Tensor weight,
      Tensor savedMean,
      Tensor savedRstd,
      Tensor dy,
      Tensor dx,
      @Nullable Tensor dresidual,
      Tensor dweight,
      Tensor dbias) {
    try (oct_batch_norm norm = struct()) {
      return NativeCall.<oct_batch_norm_backward_training_args>prepare(
          "batch_norm_backward_training",
          octothorpe::oct_batch_norm_backward_training_prepare,
          new oct_batch_norm_backward_training_args().norm(norm),
          x,
          y,
          weight,
          savedMean,
          savedRstd,
          dy,
          dx,
          dresidual,
          dweight,
          dbias);
    }
  }

  /** Gradients of {@link #forwardInference}, whose statistics are constants; arguments as above. */
  public Call backwardInference(
      Tensor x,
      @Nullable Tensor y,
      Tensor weight,
      Tensor runningMean,
      Tensor runningVariance,
      Tensor dy,
      Tensor dx,
      @Nullable Tensor dresidual,
      Tensor dweight,
      Tensor dbias) {
    try (oct_batch_norm norm = struct()) {
      return NativeCall.<oct_batch_norm_backward_inference_args>prepare(
          "batch_norm_backward_inference",
          octothorpe::oct_batch_norm_backward_inference_prepare,
          new oct_batch_norm_backward_inference_args().norm(norm),
          x,
          y,
          weight,
          runningMean,
          runningVariance,
          dy,
          dx,
          dresidual,
          dweight,
          dbias);
    }
  }

  private oct_batch_norm struct() {
    return new oct_batch_norm().epsilon(epsilon).momentum(momentum).relu(relu ? 1 : 0);
  }
}
