// Crop, resize, mirror and normalize decoded images: what stands between a decoder and the network.
#pragma once
#include "call.h"

#ifdef __cplusplus
extern "C" {
#endif

/// y[n] = the crop of image n, resized to [H,W] (bilinear with antialiasing: a triangle as wide as the reduction, as oct_jpeg_decode),
/// mirrored left to right if asked, then (value / 255 - mean[c]) / deviation[c]. The resized values are not rounded to bytes in between.
/// geometry holds per image: width, height, crop_x, crop_y, crop_width, crop_height, mirror (0 or 1), 0. An image or crop that does not lie
/// inside is OCT_INVALID_ARGUMENT when the call runs, on a GPU when the context is synchronized.
typedef struct oct_transform_images_args {
  oct_tensor pixels;    ///< u8 [bytes]: all images, RGB interleaved, rows dense
  oct_tensor offsets;   ///< i64 [N]: where image n begins in pixels
  oct_tensor geometry;  ///< i32 [N,8]
  oct_tensor y;         ///< [N,H,W,3], F32 or BF16
  float mean[3];        ///< finite
  float deviation[3];   ///< standard deviation per channel, finite, > 0
} oct_transform_images_args;
OCT_API oct_status oct_transform_images_prepare(oct_context* context, const oct_transform_images_args* args, oct_call** call);

#ifdef __cplusplus
}
#endif
