// JPEG decoding on the host, by libjpeg-turbo: only the lines and blocks that a crop needs.
#pragma once
#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Reads the header. width and height in pixels, as stored. OCT_CORRUPT_DATA with the decoder's message if it is no JPEG.
OCT_API oct_status oct_jpeg_size(const uint8_t* data, size_t bytes, int32_t* width, int32_t* height);

/// Decodes the crop [crop_x, crop_x + crop_w) x [crop_y, crop_y + crop_h), resizes it to out_w x out_h (bilinear with antialiasing: a
/// triangle as wide as the reduction, as PIL does; where the crop is at least 2, 4 or 8 times as large as the output, the decoder's own
/// reduction by that factor comes first) and mirrors it left to right if `flip`. rgb u8[out_h,out_w,3]; grey and CMYK become RGB.
/// OCT_CORRUPT_DATA for truncated or damaged data (a decoder's warning counts), for a header that claims more than max_pixels (checked
/// before memory is taken); OCT_INVALID_ARGUMENT for a crop outside the image. Safe from any thread.
OCT_API oct_status oct_jpeg_decode(const uint8_t* data, size_t bytes, int64_t max_pixels, int32_t crop_x, int32_t crop_y, int32_t crop_w,
                                   int32_t crop_h, int32_t flip, int32_t out_w, int32_t out_h, uint8_t* rgb);

/// The same resize, crop and mirror from raw pixels: source u8[height,width,3], for images that came from another decoder.
OCT_API oct_status oct_resize(const uint8_t* source, int32_t width, int32_t height, int32_t crop_x, int32_t crop_y, int32_t crop_w,
                              int32_t crop_h, int32_t flip, int32_t out_w, int32_t out_h, uint8_t* rgb);

#ifdef __cplusplus
}
#endif
