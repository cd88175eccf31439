// Fully connected layer and multi-label softmax cross-entropy together, for vocabularies whose logits [B,V] are too large to keep.
#pragma once
#include "context.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Scratch bytes of oct_linear_softmax_cross_entropy, from shapes and types alone. x [B,D], weight [V,D]; chunk as there.
OCT_API oct_status oct_linear_softmax_workspace(oct_context* context, const oct_tensor* x, const oct_tensor* weight, int64_t chunk,
                                                size_t* bytes);

/// With logits = x weight^T + bias: loss of oct_softmax_cross_entropy, and the gradients that follow from it. Two sweeps over the
/// vocabulary, the first for maximum and sum of each row, the second for the gradients. chunk in [1,V]: logits of so many classes are kept
/// at a time, F32 [B,chunk]; 0: none, a tile of them lives in registers.
/// x [B,D], weight [V,D], F32 or BF16, of one type; bias f32[V] or null; offsets i32[B+1] and labels i32[nnz] as in
/// oct_softmax_cross_entropy; loss f32[B]. dx [B,D] in x's type, dweight f32[V,D], dbias f32[V]: each or null, overwritten. The gradients
/// of the logits are rounded to x's type before they are multiplied. Sums in a fixed order: bitwise the same for any number of threads.
OCT_API oct_status oct_linear_softmax_cross_entropy(oct_context* context, const oct_tensor* x, const oct_tensor* weight,
                                                    const oct_tensor* bias, const oct_tensor* offsets, const oct_tensor* labels,
                                                    float gradient_scale, int64_t chunk, const oct_tensor* loss, const oct_tensor* dx,
                                                    const oct_tensor* dweight, const oct_tensor* dbias, void* workspace,
                                                    size_t workspace_bytes);

#ifdef __cplusplus
}
#endif
