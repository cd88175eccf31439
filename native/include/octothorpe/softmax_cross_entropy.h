// Multi-label softmax cross-entropy over V classes: an image with k labels has the target 1/k on each.
#pragma once
#include "context.h"

#ifdef __cplusplus
extern "C" {
#endif

/// loss[b] = logsumexp(logits[b,:]) - sum over b's labels of logits[b,label] / k, in nats;
/// dlogits[b,v] = gradient_scale * (softmax(logits[b,:])[v] - target[b,v]).
/// logits [B,V], F32 or BF16, row stride >= V; offsets i32[B+1], offsets[0] = 0, ascending by at least 1 (k >= 1); labels i32[nnz] or
/// longer (the rest is not read), each in [0,V); a label that occurs m times in a row has the target m/k. loss f32[B]. dlogits like logits,
/// may alias it, or null for the loss alone. A logit of -inf on a class that is no label has probability 0 and gradient 0 and leaves the
/// loss finite; on a label the loss is +inf. NaN in a row makes its loss NaN. offsets and labels are checked; the message names row, label
/// and V. Row sums in F32 over V in a fixed order: bitwise the same for any number of threads.
OCT_API oct_status oct_softmax_cross_entropy(oct_context* context, const oct_tensor* logits, const oct_tensor* offsets,
                                             const oct_tensor* labels, float gradient_scale, const oct_tensor* loss,
                                             const oct_tensor* dlogits);

#ifdef __cplusplus
}
#endif
