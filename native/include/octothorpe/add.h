// Element-wise sum of two tensors.
#pragma once
#include "call.h"

#ifdef __cplusplus
extern "C" {
#endif

/// y = a + b. All of one shape and type, F32 or BF16 (added in F32, rounded once); y may alias a or b.
typedef struct oct_add_args {
  oct_tensor a;
  oct_tensor b;
  oct_tensor y;
} oct_add_args;
OCT_API oct_status oct_add_prepare(oct_context* context, const oct_add_args* args, oct_call** call);

#ifdef __cplusplus
}
#endif
