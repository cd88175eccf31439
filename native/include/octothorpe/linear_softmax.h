// Fully connected layer and multi-label softmax cross-entropy together, for vocabularies whose logits [B,V] are too large to keep.
#pragma once
#include "call.h"

#ifdef __cplusplus
extern "C" {
#endif

/// With logits = x weight^T + bias: loss of softmax_cross_entropy, and the gradients that follow from it. Two sweeps over the vocabulary,
/// the first for maximum and sum of each row, the second for the gradients. The gradients of the logits are rounded to x's type before they
/// are multiplied. Sums in a fixed order: bitwise the same for any number of threads.
typedef struct oct_linear_softmax_cross_entropy_args {
  oct_tensor x;        ///< [B,D], F32 or BF16
  oct_tensor weight;   ///< [V,D], x's type
  oct_tensor bias;     ///< f32 [V], or absent
  oct_tensor offsets;  ///< i32 [B+1], as in softmax_cross_entropy
  oct_tensor labels;   ///< i32 [nnz], as in softmax_cross_entropy
  oct_tensor loss;     ///< f32 [B], overwritten
  oct_tensor dx;       ///< [B,D] in x's type, overwritten; or absent
  oct_tensor dweight;  ///< f32 [V,D], overwritten; or absent
  oct_tensor dbias;    ///< f32 [V], overwritten; or absent
  int64_t chunk;  ///< in [1,V]: logits of so many classes are kept at a time, f32 [B,chunk]; 0: none, a tile of them lives in registers
  float gradient_scale;  ///< multiplies the gradients
} oct_linear_softmax_cross_entropy_args;
OCT_API oct_status oct_linear_softmax_cross_entropy_prepare(oct_context* context, const oct_linear_softmax_cross_entropy_args* args,
                                                            oct_call** call);

#ifdef __cplusplus
}
#endif
