// Mean over H and W.
#pragma once
#include "call.h"

#ifdef __cplusplus
extern "C" {
#endif

/// y [N,C] = mean of x [N,H,W,C] over H and W, summed in F32 in row-major order. One type, F32 or BF16.
typedef struct oct_global_average_pool_forward_args {
  oct_tensor x;
  oct_tensor y;
} oct_global_average_pool_forward_args;
OCT_API oct_status oct_global_average_pool_forward_prepare(oct_context* context, const oct_global_average_pool_forward_args* args,
                                                           oct_call** call);

/// dx [N,H,W,C] = dy [N,C] / (H W). Overwrites dx.
typedef struct oct_global_average_pool_backward_args {
  oct_tensor dy;
  oct_tensor dx;
} oct_global_average_pool_backward_args;
OCT_API oct_status oct_global_average_pool_backward_prepare(oct_context* context, const oct_global_average_pool_backward_args* args,
                                                            oct_call** call);

#ifdef __cplusplus
}
#endif
