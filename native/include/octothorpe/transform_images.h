// Crop, resize, mirror and normalise decoded images: what stands between a decoder and the network.
#pragma once
#include "context.h"

#ifdef __cplusplus
extern "C" {
#endif

/// y[n] = the crop of image n, resized to [H,W] (bilinear with antialiasing: a triangle as wide as the reduction, as oct_jpeg_decode),
/// mirrored left to right if asked, then (value / 255 - mean[c]) / deviation[c]. The resized values are not rounded to bytes in between.
/// pixels u8[bytes] holds all images, RGB interleaved, rows dense; offsets i64[N] (device memory) says where image n begins. geometry
/// i32[N,8] (device memory): width, height, crop_x, crop_y, crop_width, crop_height, mirror (0 or 1), 0. An image or crop that does not lie
/// inside is OCT_INVALID_ARGUMENT, on a GPU when the context is synchronised. mean and deviation are host arrays of 3 values,
/// deviation > 0. y [N,H,W,3], F32 or BF16.
OCT_API oct_status oct_transform_images(oct_context* context, const oct_tensor* pixels, const oct_tensor* offsets,
                                        const oct_tensor* geometry, const float* mean, const float* deviation, const oct_tensor* y);

#ifdef __cplusplus
}
#endif
