// Batch normalization over N, H, W, optionally fused with the residual add and the ReLU that follow it.
#pragma once
#include "call.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct oct_batch_norm {
  float epsilon;   ///< added to the variance; > 0
  float momentum;  ///< running = (1 - momentum) running + momentum batch; in [0,1]
  int32_t relu;    ///< not 0: y = max(0, .) after the residual add
} oct_batch_norm;

/// y = relu?((x - mean) rstd weight + bias + residual), mean and biased variance over N, H, W; rstd = 1/sqrt(variance + epsilon). N H W
/// must be >= 2. y may alias residual, not x. The running variance takes the unbiased batch variance. The statistics are reduced in a fixed
/// order, without cancellation where |mean| is far above the standard deviation.
typedef struct oct_batch_norm_forward_training_args {
  oct_tensor x;                 ///< [N,H,W,C], F32 or BF16
  oct_tensor weight;            ///< f32 [C]
  oct_tensor bias;              ///< f32 [C]
  oct_tensor residual;          ///< as x, or absent
  oct_tensor running_mean;      ///< f32 [C], updated; absent together with running_variance
  oct_tensor running_variance;  ///< f32 [C], updated
  oct_tensor saved_mean;        ///< f32 [C], written for the backward pass
  oct_tensor saved_rstd;        ///< f32 [C], written for the backward pass
  oct_tensor y;                 ///< as x
  oct_batch_norm norm;
} oct_batch_norm_forward_training_args;
OCT_API oct_status oct_batch_norm_forward_training_prepare(oct_context* context, const oct_batch_norm_forward_training_args* args,
                                                           oct_call** call);

/// The same with the running statistics in place of the batch's; updates nothing. y may alias x or residual.
typedef struct oct_batch_norm_forward_inference_args {
  oct_tensor x;                 ///< [N,H,W,C], F32 or BF16
  oct_tensor weight;            ///< f32 [C]
  oct_tensor bias;              ///< f32 [C]
  oct_tensor residual;          ///< as x, or absent
  oct_tensor running_mean;      ///< f32 [C]
  oct_tensor running_variance;  ///< f32 [C]
  oct_tensor y;                 ///< as x
  oct_batch_norm norm;
} oct_batch_norm_forward_inference_args;
OCT_API oct_status oct_batch_norm_forward_inference_prepare(oct_context* context, const oct_batch_norm_forward_inference_args* args,
                                                            oct_call** call);

/// Gradients of batch_norm_forward_training. With relu, dy counts where y > 0. dx may alias dy or y; dresidual may alias dy, and then dx
/// may not.
typedef struct oct_batch_norm_backward_training_args {
  oct_tensor x;           ///< [N,H,W,C], F32 or BF16
  oct_tensor y;           ///< as x: the output of the forward pass with relu, absent without
  oct_tensor weight;      ///< f32 [C]
  oct_tensor saved_mean;  ///< f32 [C]
  oct_tensor saved_rstd;  ///< f32 [C]
  oct_tensor dy;          ///< as x
  oct_tensor dx;          ///< as x, overwritten
  oct_tensor dresidual;   ///< as x, receives the masked dy; or absent
  oct_tensor dweight;     ///< f32 [C], overwritten
  oct_tensor dbias;       ///< f32 [C], overwritten
  oct_batch_norm norm;
} oct_batch_norm_backward_training_args;
OCT_API oct_status oct_batch_norm_backward_training_prepare(oct_context* context, const oct_batch_norm_backward_training_args* args,
                                                            oct_call** call);

/// Gradients of batch_norm_forward_inference, whose running statistics are constants. Everything else as above.
typedef struct oct_batch_norm_backward_inference_args {
  oct_tensor x;                 ///< [N,H,W,C], F32 or BF16
  oct_tensor y;                 ///< as x: the output of the forward pass with relu, absent without
  oct_tensor weight;            ///< f32 [C]
  oct_tensor running_mean;      ///< f32 [C]
  oct_tensor running_variance;  ///< f32 [C]
  oct_tensor dy;                ///< as x
  oct_tensor dx;                ///< as x, overwritten
  oct_tensor dresidual;         ///< as x, receives the masked dy; or absent
  oct_tensor dweight;           ///< f32 [C], overwritten
  oct_tensor dbias;             ///< f32 [C], overwritten
  oct_batch_norm norm;
} oct_batch_norm_backward_inference_args;
OCT_API oct_status oct_batch_norm_backward_inference_prepare(oct_context* context, const oct_batch_norm_backward_inference_args* args,
                                                             oct_call** call);

#ifdef __cplusplus
}
#endif
