// What is fused into a 1x1 convolution: the transformation of x before it, bias and moments of y after it.
#pragma once
#include "batch_norm/channel_moments.cuh"
#include "conv_1x1/tile.cuh"

namespace oct::cuda {

// relu?(x scale + shift) of two bf16, in F32 and rounded.
GPU_INLINE uint32_t transformed(uint32_t x, const float* scale, const float* shift, bool relu) {
  float low = fmaf(gpu::low_bf16(x), scale[0], shift[0]), high = fmaf(gpu::high_bf16(x), scale[1], shift[1]);
  if (relu) {
    low = low < 0 ? 0 : low;  // NaN stays NaN
    high = high < 0 ? 0 : high;
  }
  return gpu::pack_bf16(low, high);
}

constexpr int kOutputPitch = kTile * 2 + 16;  // of a row of y in shared memory, in bytes

struct Conv1x1Fusion {
  const float* scale;  // [depth], or null: no prologue
  const float* shift;
  int32_t relu;
  const float* bias;  // [columns], or null
  float* moments;     // [row tiles][2][columns], or null
};

// Writes a tile of y that lies in shared memory, 16 bytes at a time, and its moments. All 256 threads of the block call it, after a
// barrier.
GPU_INLINE void store_output(const unsigned char* shared, gpu::bf16* y, int64_t rows, int32_t columns, int64_t first_row,
                             int32_t first_column, const Conv1x1Fusion& fusion) {
  const int32_t rows_here = rows - first_row < kTile ? static_cast<int32_t>(rows - first_row) : kTile;
  const int32_t columns_here = columns - first_column < kTile ? columns - first_column : kTile;
#pragma unroll
  for (int32_t i = 0; i < kTile * 16 / kTileThreads; ++i) {
    const int32_t row = across_row(i), chunk = across_chunk();
    if (row >= rows_here || chunk * 8 >= columns_here) continue;
    gpu::store16(y + (first_row + row) * columns + first_column + chunk * 8, gpu::load16(shared + row * kOutputPitch + chunk * 16));
  }
  if (fusion.moments == nullptr) return;
  tile_moments<kTile>(shared, kOutputPitch, rows_here, columns_here, columns,
                      fusion.moments + first_row / kTile * 2 * columns + first_column);
}

}  // namespace oct::cuda
