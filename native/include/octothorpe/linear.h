// Fully connected layer: y = x weight^T + bias.
#pragma once
#include "call.h"

#ifdef __cplusplus
extern "C" {
#endif

/// y = x weight^T + bias. x, weight, y share a type, F32 or BF16; sums are F32. y aliases nothing.
typedef struct oct_linear_forward_args {
  oct_tensor x;       ///< [B,D]
  oct_tensor weight;  ///< [V,D]
  oct_tensor bias;    ///< f32 [V], or absent
  oct_tensor y;       ///< [B,V]
} oct_linear_forward_args;
OCT_API oct_status oct_linear_forward_prepare(oct_context* context, const oct_linear_forward_args* args, oct_call** call);

/// dx = dy weight. One type, F32 or BF16; dx aliases nothing.
typedef struct oct_linear_backward_data_args {
  oct_tensor dy;      ///< [B,V]
  oct_tensor weight;  ///< [V,D]
  oct_tensor dx;      ///< [B,D], overwritten
} oct_linear_backward_data_args;
OCT_API oct_status oct_linear_backward_data_prepare(oct_context* context, const oct_linear_backward_data_args* args, oct_call** call);

/// dweight = dy^T x; dbias = sum of dy over B. x and dy share a type, F32 or BF16. Bitwise the same for any number of threads.
typedef struct oct_linear_backward_weight_args {
  oct_tensor x;        ///< [B,D]
  oct_tensor dy;       ///< [B,V]
  oct_tensor dweight;  ///< f32 [V,D], overwritten
  oct_tensor dbias;    ///< f32 [V], overwritten; or absent
} oct_linear_backward_weight_args;
OCT_API oct_status oct_linear_backward_weight_prepare(oct_context* context, const oct_linear_backward_weight_args* args, oct_call** call);

/// linear_backward_weight and sgd_step in one, for a large head: the gradient of the weight, dy^T x, never reaches memory. weight and
/// buffer are updated as sgd_step does with the one weight decay `decay`.
typedef struct oct_linear_backward_weight_sgd_args {
  oct_tensor x;            ///< [B,D], F32 or BF16
  oct_tensor dy;           ///< [B,V], x's type
  oct_tensor weight;       ///< f32 [V,D], updated
  oct_tensor buffer;       ///< f32 [V,D], updated
  oct_tensor weight_bf16;  ///< bf16 [V,D], receives the new weight; or absent
  oct_tensor rates;        ///< f32 [2]: learning_rate, finite, >= 0; gradient_scale, finite
  float momentum;          ///< in [0,1)
  int32_t nesterov;        ///< not 0: step along gradient + momentum buffer
  float decay;             ///< finite, >= 0
} oct_linear_backward_weight_sgd_args;
OCT_API oct_status oct_linear_backward_weight_sgd_prepare(oct_context* context, const oct_linear_backward_weight_sgd_args* args,
                                                          oct_call** call);

#ifdef __cplusplus
}
#endif
