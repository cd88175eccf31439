// Stochastic gradient descent with momentum, fused over all parameters.
#pragma once
#include "context.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct oct_sgd {
  float learning_rate;   ///< finite, >= 0
  float momentum;        ///< in [0,1)
  int32_t nesterov;      ///< not 0: step along gradient + momentum buffer
  int32_t first;         ///< not 0: the buffers hold nothing yet; buffer = gradient
  float gradient_scale;  ///< multiplies the gradient before anything else; finite
} oct_sgd;

/// torch's order: g = gradient_scale gradient + decay parameter; buffer = first ? g : momentum buffer + g; step = nesterov ? g + momentum
/// buffer : buffer; parameter -= learning_rate step. parameter, gradient, buffer f32[n], all parameters of a network in one array; segment
/// s covers [segment_ends[s-1], segment_ends[s]) with weight decay segment_decay[s] (f32[S], finite, >= 0); segment_ends i64[S] ascending,
/// the last is n. parameter_bf16 bf16[n] (or null) receives the new parameters, rounded to nearest even.
OCT_API oct_status oct_sgd_step(oct_context* context, const oct_sgd* sgd, const oct_tensor* parameter, const oct_tensor* gradient,
                                const oct_tensor* buffer, const oct_tensor* parameter_bf16, const oct_tensor* segment_ends,
                                const oct_tensor* segment_decay);

#ifdef __cplusplus
}
#endif
