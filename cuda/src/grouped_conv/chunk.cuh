// 8 channels of bf16, one 16-byte chunk, through the prologue of forward_fused.
#pragma once
#include "runtime/launches.h"

namespace oct::cuda {

// relu?(x scale + shift) in F32, rounded. scale and shift: 8 floats, 16-byte aligned.
GPU_INLINE uint4 prologue_of_chunk(uint4 x, const float* scale, const float* shift, bool relu) {
  uint32_t words[4] = {x.x, x.y, x.z, x.w};
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const uint4 a = gpu::load16(scale + half * 4), b = gpu::load16(shift + half * 4);
    const uint32_t scales[4] = {a.x, a.y, a.z, a.w}, shifts[4] = {b.x, b.y, b.z, b.w};
#pragma unroll
    for (int i = 0; i < 2; ++i) {
      uint32_t& word = words[half * 2 + i];
      float low = fmaf(gpu::low_bf16(word), __uint_as_float(scales[2 * i]), __uint_as_float(shifts[2 * i]));
      float high = fmaf(gpu::high_bf16(word), __uint_as_float(scales[2 * i + 1]), __uint_as_float(shifts[2 * i + 1]));
      if (relu) {
        low = low < 0 ? 0 : low;  // NaN stays NaN
        high = high < 0 ? 0 : high;
      }
      word = gpu::pack_bf16(low, high);
    }
  }
  return {words[0], words[1], words[2], words[3]};
}

}  // namespace oct::cuda
