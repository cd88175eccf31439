// Batch normalisation over N, H, W, optionally fused with the residual add and the ReLU that follow it.
#pragma once
#include "context.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct oct_batch_norm {
  float epsilon;   ///< added to the variance; > 0
  float momentum;  ///< running = (1 - momentum) running + momentum batch; in [0,1]
  int32_t relu;    ///< not 0: y = max(0, .) after the residual add
} oct_batch_norm;

/// Scratch bytes of the training forward and of both backward passes, from shapes alone. x [N,H,W,C].
OCT_API oct_status oct_batch_norm_workspace(oct_context* context, const oct_tensor* x, size_t* bytes);

/// y = relu?((x - mean) rstd weight + bias + residual), mean and biased variance over N, H, W; rstd = 1/sqrt(variance + epsilon).
/// x, y, residual (or null) [N,H,W,C] of one type, F32 or BF16; all others f32[C]. saved_mean and saved_rstd are written for the backward
/// pass. running_mean and running_variance (both or none null) are updated; the running variance takes the unbiased batch variance. N H W
/// must be >= 2. y may alias residual, not x. The statistics are reduced in a fixed order, without cancellation for |mean| >> deviation.
OCT_API oct_status oct_batch_norm_forward_training(oct_context* context, const oct_batch_norm* bn, const oct_tensor* x,
                                                   const oct_tensor* weight, const oct_tensor* bias, const oct_tensor* residual,
                                                   const oct_tensor* running_mean, const oct_tensor* running_variance,
                                                   const oct_tensor* saved_mean, const oct_tensor* saved_rstd, const oct_tensor* y,
                                                   void* workspace, size_t workspace_bytes);

/// The same with the running statistics in place of the batch's; updates nothing. y may alias x or residual.
OCT_API oct_status oct_batch_norm_forward_inference(oct_context* context, const oct_batch_norm* bn, const oct_tensor* x,
                                                    const oct_tensor* weight, const oct_tensor* bias, const oct_tensor* residual,
                                                    const oct_tensor* running_mean, const oct_tensor* running_variance,
                                                    const oct_tensor* y);

/// Gradients of oct_batch_norm_forward_training. With relu, y is its output and dy counts where y > 0; without, y is null.
/// dresidual (or null) receives the masked dy. dx may alias dy or y; dresidual may alias dy, and then dx may not. dweight, dbias f32[C].
OCT_API oct_status oct_batch_norm_backward_training(oct_context* context, const oct_batch_norm* bn, const oct_tensor* x,
                                                    const oct_tensor* y, const oct_tensor* weight, const oct_tensor* saved_mean,
                                                    const oct_tensor* saved_rstd, const oct_tensor* dy, const oct_tensor* dx,
                                                    const oct_tensor* dresidual, const oct_tensor* dweight, const oct_tensor* dbias,
                                                    void* workspace, size_t workspace_bytes);

/// Gradients of oct_batch_norm_forward_inference (running statistics are constants). Arguments as above.
OCT_API oct_status oct_batch_norm_backward_inference(oct_context* context, const oct_batch_norm* bn, const oct_tensor* x,
                                                     const oct_tensor* y, const oct_tensor* weight, const oct_tensor* running_mean,
                                                     const oct_tensor* running_variance, const oct_tensor* dy, const oct_tensor* dx,
                                                     const oct_tensor* dresidual, const oct_tensor* dweight, const oct_tensor* dbias,
                                                     void* workspace, size_t workspace_bytes);

#ifdef __cplusplus
}
#endif
