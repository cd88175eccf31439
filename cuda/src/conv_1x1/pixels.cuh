// How the pixels of a 1x1 convolution's two sides meet.
#pragma once
#include "grouped_conv/problem.h"
#include "runtime/launches.h"

namespace oct::cuda {

// Which pixel of `from` a row (n, y, x) of an [n, h, w] image of outputs sees: pixel (y stride_h - padding_h, x stride_w - padding_w); or,
// the other way round (Spread), the pixel whose y times the stride is this one. None where that lies outside.
struct PixelMap {
  int64_t rows;  // n h w
  int32_t h, w;  // of the rows
  int32_t from_h, from_w;
  int32_t stride_h, stride_w, padding_h, padding_w;
  int32_t same;  // 1: the row's own index
};

template <bool Spread>
GPU_INLINE int64_t mapped_pixel(const PixelMap& map, int64_t row) {
  if (row >= map.rows) return -1;
  if (map.same != 0) return row;
  const int64_t line = row / map.w, n = line / map.h;
  int32_t x = static_cast<int32_t>(row - line * map.w), y = static_cast<int32_t>(line - n * map.h);
  if constexpr (Spread) {
    y += map.padding_h;
    x += map.padding_w;
    if (y % map.stride_h != 0 || x % map.stride_w != 0) return -1;
    y /= map.stride_h;
    x /= map.stride_w;
  } else {
    y = y * map.stride_h - map.padding_h;
    x = x * map.stride_w - map.padding_w;
    if (y < 0 || x < 0) return -1;
  }
  return y < map.from_h && x < map.from_w ? (n * map.from_h + y) * map.from_w + x : -1;
}

// Of the outputs of a convolution [n,p,q], each to its pixel of the input [n,h,w]; with spread the reverse.
inline PixelMap pixel_map(const ConvExtents& s, bool spread) {
  const bool same = s.stride_h == 1 && s.stride_w == 1 && s.padding_h == 0 && s.padding_w == 0;
  const int32_t in_h = static_cast<int32_t>(s.h), in_w = static_cast<int32_t>(s.w);
  const int32_t out_h = static_cast<int32_t>(s.p), out_w = static_cast<int32_t>(s.q);
  return {spread ? s.n * s.h * s.w : s.n * s.p * s.q,
          spread ? in_h : out_h,
          spread ? in_w : out_w,
          spread ? out_h : in_h,
          spread ? out_w : in_w,
          static_cast<int32_t>(s.stride_h),
          static_cast<int32_t>(s.stride_w),
          static_cast<int32_t>(s.padding_h),
          static_cast<int32_t>(s.padding_w),
          same ? 1 : 0};
}

}  // namespace oct::cuda
