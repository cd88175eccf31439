// Binary cross-entropy of V independent sigmoids, the alternative loss of the paper.
#pragma once
#include "call.h"

#ifdef __cplusplus
extern "C" {
#endif

/// loss[b] = sum over v of softplus(logits[b,v]) - target[b,v] logits[b,v], in nats; target 1 on b's labels (once, however often they
/// occur), else 0; dlogits[b,v] = gradient_scale * (sigmoid(logits[b,v]) - target[b,v]). Computed without overflow for any finite logit.
/// Shapes, types, aliasing and checks as in softmax_cross_entropy, but a row may have no label.
typedef struct oct_sigmoid_cross_entropy_args {
  oct_tensor logits;     ///< [B,V], F32 or BF16, row stride >= V
  oct_tensor offsets;    ///< i32 [B+1]
  oct_tensor labels;     ///< i32 [nnz] or longer: the rest is not read
  oct_tensor loss;       ///< f32 [B], overwritten
  oct_tensor dlogits;    ///< as logits, may alias it; or absent, for the loss alone
  float gradient_scale;  ///< multiplies dlogits
} oct_sigmoid_cross_entropy_args;
OCT_API oct_status oct_sigmoid_cross_entropy_prepare(oct_context* context, const oct_sigmoid_cross_entropy_args* args, oct_call** call);

#ifdef __cplusplus
}
#endif
