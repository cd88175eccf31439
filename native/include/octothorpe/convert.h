// Conversions between element types.
#pragma once
#include "context.h"

#ifdef __cplusplus
extern "C" {
#endif

/// y = x in y's type, to nearest even; F32 <-> BF16, or a copy for equal types. NaN stays NaN. One shape, no aliasing.
OCT_API oct_status oct_convert(oct_context* context, const oct_tensor* x, const oct_tensor* y);

/// y[n,h,w,c] = (x[n,h,w,c] / 255 - mean[c]) / deviation[c]: the input of a network from pixels. x u8[N,H,W,C], C <= 4; y F32 or BF16;
/// mean and deviation are host arrays of C values, deviation > 0.
OCT_API oct_status oct_normalize_pixels(oct_context* context, const oct_tensor* x, const float* mean, const float* deviation,
                                        const oct_tensor* y);

#ifdef __cplusplus
}
#endif
