// Stochastic gradient descent with momentum, fused over all parameters.
#pragma once
#include "call.h"

#ifdef __cplusplus
extern "C" {
#endif

/// torch's order: g = gradient_scale gradient + decay parameter; buffer = momentum buffer + g; step = nesterov ? g + momentum buffer :
/// buffer; parameter -= learning_rate step. Before the first step the buffer holds zeros. All parameters of a network lie in one array;
/// segment s covers [segment_ends[s-1], segment_ends[s]) and has the weight decay segment_decay[s]. The values in device memory are checked
/// when the call runs, on a GPU when the context is synchronized.
typedef struct oct_sgd_step_args {
  oct_tensor parameter;       ///< f32 [n], updated
  oct_tensor gradient;        ///< f32 [n]
  oct_tensor buffer;          ///< f32 [n], updated
  oct_tensor parameter_bf16;  ///< bf16 [n], receives the new parameters, rounded to nearest even; or absent
  oct_tensor segment_ends;    ///< i64 [S], ascending, the last is n
  oct_tensor segment_decay;   ///< f32 [S], finite, >= 0
  oct_tensor rates;           ///< f32 [2]: learning_rate, finite, >= 0; gradient_scale, finite
  float momentum;             ///< in [0,1)
  int32_t nesterov;           ///< not 0: step along gradient + momentum buffer
} oct_sgd_step_args;
OCT_API oct_status oct_sgd_step_prepare(oct_context* context, const oct_sgd_step_args* args, oct_call** call);

#ifdef __cplusplus
}
#endif
