// Multi-label softmax cross-entropy over V classes: an image with k labels has the target 1/k on each.
#pragma once
#include "call.h"

#ifdef __cplusplus
extern "C" {
#endif

/// loss[b] = logsumexp(logits[b,:]) - sum over b's labels of logits[b,label] / k, in nats;
/// dlogits[b,v] = gradient_scale * (softmax(logits[b,:])[v] - target[b,v]).
/// offsets[0] = 0, ascending by at least 1 (k >= 1); labels of row b are labels[offsets[b]] to labels[offsets[b+1] - 1], each in [0,V); a
/// label that occurs m times in a row has the target m/k. A logit of -inf on a class that is not a label has probability 0 and gradient 0
/// and leaves the loss finite; on a label the loss is +inf. NaN in a row makes its loss NaN. offsets and labels are checked when the call
/// runs, on a GPU when the context is synchronized; the message names row, label and V. Row sums in F32 over V in a fixed order: bitwise
/// the same for any number of threads.
typedef struct oct_softmax_cross_entropy_args {
  oct_tensor logits;     ///< [B,V], F32 or BF16, row stride >= V
  oct_tensor offsets;    ///< i32 [B+1]
  oct_tensor labels;     ///< i32 [nnz] or longer: the rest is not read
  oct_tensor loss;       ///< f32 [B], overwritten
  oct_tensor dlogits;    ///< as logits, may alias it; or absent, for the loss alone
  float gradient_scale;  ///< multiplies dlogits
} oct_softmax_cross_entropy_args;
OCT_API oct_status oct_softmax_cross_entropy_prepare(oct_context* context, const oct_softmax_cross_entropy_args* args, oct_call** call);

#ifdef __cplusplus
}
#endif
