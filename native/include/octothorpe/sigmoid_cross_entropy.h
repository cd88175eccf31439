// Binary cross-entropy of V independent sigmoids, the alternative loss of the paper.
#pragma once
#include "context.h"

#ifdef __cplusplus
extern "C" {
#endif

/// loss[b] = sum over v of softplus(logits[b,v]) - target[b,v] logits[b,v], target 1 on b's labels (once, however often they occur), else
/// 0; dlogits[b,v] = gradient_scale * (sigmoid(logits[b,v]) - target[b,v]). Computed without overflow for any finite logit. Shapes, types,
/// aliasing and checks as in oct_softmax_cross_entropy, but a row may have no label. loss f32[B] in nats.
OCT_API oct_status oct_sigmoid_cross_entropy(oct_context* context, const oct_tensor* logits, const oct_tensor* offsets,
                                             const oct_tensor* labels, float gradient_scale, const oct_tensor* loss,
                                             const oct_tensor* dlogits);

#ifdef __cplusplus
}
#endif
