// Resizing of a rectangle of an RGB image.
#pragma once
#include <cstdint>

#include "octothorpe/types.h"

namespace oct {

/// Rectangle of an image in pixels; its borders may lie between pixels.
struct Box {
  double x0, y0, x1, y1;
};

/// Resizes `box` of `source` (rows of RGB bytes, `row_bytes` apart; the box lies within) to out_w x out_h and mirrors it left to right if
/// `flip`. Each output pixel is the mean of the pixels under a triangle as wide as the reduction (at least one pixel); pixels outside the
/// box do not count. Sums in F32, vertical pass first; the error is below 0.5 + 1e-3 of 255. False without memory.
bool resize_rgb(const uint8_t* source, int64_t row_bytes, const Box& box, bool flip, int32_t out_w, int32_t out_h, uint8_t* rgb);

}  // namespace oct
