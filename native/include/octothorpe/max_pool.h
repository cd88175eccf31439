// Maximum over windows.
#pragma once
#include "context.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Square windows. kernel in [1,15], stride >= 1, padding in [0, kernel / 2].
typedef struct oct_max_pool {
  int64_t kernel;
  int64_t stride;
  int64_t padding;
} oct_max_pool;

/// y [N,P,Q,C] = maximum over each window of x [N,H,W,C]; P = (H + 2 padding - kernel) / stride + 1. Padding never wins. The first
/// maximum in row-major order wins a tie; NaN wins over numbers. index u8[N,P,Q,C] (or null) receives the winner's place in its window,
/// row * kernel + column. x, y F32 or BF16.
OCT_API oct_status oct_max_pool_forward(oct_context* context, const oct_max_pool* pool, const oct_tensor* x, const oct_tensor* y,
                                        const oct_tensor* index);

/// dx [N,H,W,C] = dy [N,P,Q,C] summed into the places that won. Overwrites dx.
OCT_API oct_status oct_max_pool_backward(oct_context* context, const oct_max_pool* pool, const oct_tensor* dy, const oct_tensor* index,
                                         const oct_tensor* dx);

#ifdef __cplusplus
}
#endif
