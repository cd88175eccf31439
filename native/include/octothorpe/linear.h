// Fully connected layer: y = x weight^T + bias.
#pragma once
#include "context.h"
#include "grouped_conv.h"
#include "sgd.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Scratch bytes of a pass (OCT_FORWARD, OCT_BACKWARD_DATA, OCT_BACKWARD_WEIGHT), from shapes and types alone.
/// x [B,D], weight [V,D], y [B,V].
OCT_API oct_status oct_linear_workspace(oct_context* context, int32_t pass, const oct_tensor* x, const oct_tensor* weight,
                                        const oct_tensor* y, size_t* bytes);

/// y = x weight^T + bias. x [B,D], weight [V,D], bias f32[V] or null, y [B,V]; x, weight, y share a type, F32 or BF16; sums are F32.
OCT_API oct_status oct_linear_forward(oct_context* context, const oct_tensor* x, const oct_tensor* weight, const oct_tensor* bias,
                                      const oct_tensor* y, void* workspace, size_t workspace_bytes);

/// dx [B,D] = dy [B,V] weight [V,D]. Overwrites dx.
OCT_API oct_status oct_linear_backward_data(oct_context* context, const oct_tensor* dy, const oct_tensor* weight, const oct_tensor* dx,
                                            void* workspace, size_t workspace_bytes);

/// dweight f32[V,D] = dy^T x; dbias f32[V] (or null) = sum of dy over B. Overwrites both; bitwise the same for any number of threads.
OCT_API oct_status oct_linear_backward_weight(oct_context* context, const oct_tensor* x, const oct_tensor* dy, const oct_tensor* dweight,
                                              const oct_tensor* dbias, void* workspace, size_t workspace_bytes);

/// oct_linear_backward_weight and oct_sgd_step in one, for a large head: the gradient of the weight, dy^T x, never reaches memory.
/// weight and buffer f32[V,D] are updated as oct_sgd_step does with the one weight decay `decay` (>= 0); weight_bf16 bf16[V,D] (or null)
/// receives the new weight. x [B,D] and dy [B,V] share a type, F32 or BF16. Workspace: that of the pass OCT_BACKWARD_WEIGHT.
OCT_API oct_status oct_linear_backward_weight_sgd(oct_context* context, const oct_sgd* sgd, float decay, const oct_tensor* x,
                                                  const oct_tensor* dy, const oct_tensor* weight, const oct_tensor* buffer,
                                                  const oct_tensor* weight_bf16, void* workspace, size_t workspace_bytes);

#ifdef __cplusplus
}
#endif
