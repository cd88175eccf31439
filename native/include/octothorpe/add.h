// Element-wise sum of two tensors.
#pragma once
#include "context.h"

#ifdef __cplusplus
extern "C" {
#endif

/// y = a + b. All of one shape and type, F32 or BF16 (added in F32, rounded once); y may alias a or b.
OCT_API oct_status oct_add(oct_context* context, const oct_tensor* a, const oct_tensor* b, const oct_tensor* y);

#ifdef __cplusplus
}
#endif
