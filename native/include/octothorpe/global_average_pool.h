// Mean over H and W.
#pragma once
#include "context.h"

#ifdef __cplusplus
extern "C" {
#endif

/// y [N,C] = mean of x [N,H,W,C] over H and W, summed in F32 in row-major order. F32 or BF16.
OCT_API oct_status oct_global_average_pool_forward(oct_context* context, const oct_tensor* x, const oct_tensor* y);

/// dx [N,H,W,C] = dy [N,C] / (H W). Overwrites dx.
OCT_API oct_status oct_global_average_pool_backward(oct_context* context, const oct_tensor* dy, const oct_tensor* dx);

#ifdef __cplusplus
}
#endif
