// Conversions between element types.
#pragma once
#include "call.h"

#ifdef __cplusplus
extern "C" {
#endif

/// y = x in y's type, to nearest even; F32 <-> BF16, or a copy for equal types. NaN stays NaN. One shape, no aliasing.
typedef struct oct_convert_args {
  oct_tensor x;
  oct_tensor y;
} oct_convert_args;
OCT_API oct_status oct_convert_prepare(oct_context* context, const oct_convert_args* args, oct_call** call);

#ifdef __cplusplus
}
#endif
