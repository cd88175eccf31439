// Rectified linear unit.
#pragma once
#include "call.h"

#ifdef __cplusplus
extern "C" {
#endif

/// y = max(x, 0); NaN stays NaN. x, y of one shape and type, F32 or BF16; y may alias x.
typedef struct oct_relu_forward_args {
  oct_tensor x;
  oct_tensor y;
} oct_relu_forward_args;
OCT_API oct_status oct_relu_forward_prepare(oct_context* context, const oct_relu_forward_args* args, oct_call** call);

/// dx = dy where y > 0, else 0. y, dy, dx of one shape and type, F32 or BF16; dx may alias dy or y.
typedef struct oct_relu_backward_args {
  oct_tensor y;
  oct_tensor dy;
  oct_tensor dx;
} oct_relu_backward_args;
OCT_API oct_status oct_relu_backward_prepare(oct_context* context, const oct_relu_backward_args* args, oct_call** call);

#ifdef __cplusplus
}
#endif
