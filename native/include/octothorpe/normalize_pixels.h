// The input of a network from decoded pixels.
#pragma once
#include "call.h"

#ifdef __cplusplus
extern "C" {
#endif

/// y[n,h,w,c] = (x[n,h,w,c] / 255 - mean[c]) / deviation[c]: the input of a network from pixels. Only the first C of mean and
/// deviation count.
typedef struct oct_normalize_pixels_args {
  oct_tensor x;        ///< u8 [N,H,W,C], C <= 4
  oct_tensor y;        ///< [N,H,W,C], F32 or BF16
  float mean[4];       ///< finite
  float deviation[4];  ///< standard deviation per channel, finite, > 0
} oct_normalize_pixels_args;
OCT_API oct_status oct_normalize_pixels_prepare(oct_context* context, const oct_normalize_pixels_args* args, oct_call** call);

#ifdef __cplusplus
}
#endif
