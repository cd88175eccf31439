// Rectified linear unit.
#pragma once
#include "context.h"

#ifdef __cplusplus
extern "C" {
#endif

/// y = max(x, 0); NaN stays NaN. x, y of one shape and type, F32 or BF16; y may alias x.
OCT_API oct_status oct_relu_forward(oct_context* context, const oct_tensor* x, const oct_tensor* y);

/// dx = dy where y > 0, else 0. y, dy, dx of one shape and type; dx may alias dy or y.
OCT_API oct_status oct_relu_backward(oct_context* context, const oct_tensor* y, const oct_tensor* dy, const oct_tensor* dx);

#ifdef __cplusplus
}
#endif
