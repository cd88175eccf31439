// 1x1 convolutions of one group in bf16, with mma.sync: products of matrices whose rows are pixels.
#pragma once
#include "conv_1x1/fusion.cuh"
#include "conv_1x1/pixels.cuh"
#include "conv_1x1/tile.cuh"

namespace oct::cuda {

// y [rows, columns] = x [pixels, depth] by weight: [columns][depth], or with AcrossWeight [depth][columns]. Tiles of the same rows are
// neighbors in the grid: x is read from L2 after the first. A thread transforms the chunks of x that it copied, before the barrier; pixels
// that do not exist stay zero. Bound: one read of x and write of y, or 2 rows columns depth FLOPs.
template <bool AcrossWeight, bool Spread>
__global__ void __launch_bounds__(kTileThreads, 2) conv_1x1_mma(const gpu::bf16* x, const gpu::bf16* weight, gpu::bf16* y, PixelMap map,
                                                                int32_t depth, int32_t columns, Conv1x1Fusion fusion) {
  const int32_t column_tiles = gpu::ceil_div(columns, kTile);
  const int64_t row_tile = static_cast<int64_t>(blockIdx.x) / column_tiles;
  const int64_t first_row = row_tile * kTile;
  const int32_t first_column = static_cast<int32_t>(static_cast<int64_t>(blockIdx.x) - row_tile * column_tiles) * kTile;

  unsigned char* shared = gpu::dynamic_shared<unsigned char>();
  ProductTile<false, AcrossWeight> tile(shared);
  const gpu::bf16* pixel[2];  // this thread's chunk of two rows
#pragma unroll
  for (int32_t i = 0; i < 2; ++i) {
    const int64_t at = mapped_pixel<Spread>(map, first_row + along_row(i));
    pixel[i] = at < 0 ? nullptr : x + at * depth + along_chunk() * 8;
  }

  const auto load = [&](int32_t step, int32_t stage) {
    const int32_t from = step * kTileDepth;
    const bool inside = from + along_chunk() * 8 < depth;
#pragma unroll
    for (int32_t i = 0; i < 2; ++i) {
      const bool zeros = !inside || pixel[i] == nullptr;
      gpu::cp_async_16(tile.a(stage) + along_offset(along_row(i), along_chunk()), zeros ? x : pixel[i] + from, zeros ? 0 : 16);
      if constexpr (AcrossWeight) {
        const int32_t row = from + across_row(i), column = first_column + across_chunk() * 8;
        const bool none = row >= depth || column >= columns;
        gpu::cp_async_16(tile.b(stage) + across_offset(across_row(i), across_chunk()),
                         none ? weight : weight + static_cast<int64_t>(row) * columns + column, none ? 0 : 16);
      } else {
        const int32_t column = first_column + along_row(i);
        const bool none = !inside || column >= columns;
        gpu::cp_async_16(tile.b(stage) + along_offset(along_row(i), along_chunk()),
                         none ? weight : weight + static_cast<int64_t>(column) * depth + from + along_chunk() * 8, none ? 0 : 16);
      }
    }
  };
  const auto transform = [&](int32_t step, int32_t stage) {
    const int32_t channel = step * kTileDepth + along_chunk() * 8;
    if (fusion.scale == nullptr || channel >= depth) return;
    float scale[8], shift[8];
#pragma unroll
    for (int32_t i = 0; i < 8; ++i) {
      scale[i] = fusion.scale[channel + i];
      shift[i] = fusion.shift[channel + i];
    }
#pragma unroll
    for (int32_t i = 0; i < 2; ++i) {
      if (pixel[i] == nullptr) continue;
      unsigned char* chunk = tile.a(stage) + along_offset(along_row(i), along_chunk());
      const uint4 old = gpu::load16(chunk);
      const bool relu = fusion.relu != 0;
      gpu::store16(chunk, {transformed(old.x, scale, shift, relu), transformed(old.y, scale + 2, shift + 2, relu),
                           transformed(old.z, scale + 4, shift + 4, relu), transformed(old.w, scale + 6, shift + 6, relu)});
    }
  };
  tile.run(gpu::ceil_div(depth, kTileDepth), load, transform);

  // Through shared memory, so that rows of y are written 16 bytes at a time and columns can be summed.
  __syncthreads();
  const int32_t lane = static_cast<int32_t>(gpu::lane()), warp = static_cast<int32_t>(threadIdx.x) / 32;
  const int32_t warp_row = warp % 2 * 64 + lane / 4, warp_column = warp / 2 * 32 + lane % 4 * 2;
#pragma unroll
  for (int32_t j = 0; j < 4; ++j) {
    const int32_t column = warp_column + j * 8;
    float bias[2] = {0, 0};
    if (fusion.bias != nullptr && first_column + column < columns) {
      bias[0] = fusion.bias[first_column + column];
      bias[1] = fusion.bias[first_column + column + 1];
    }
#pragma unroll
    for (int32_t i = 0; i < 8; ++i) {
      const float* sums = tile.d[i / 2][j] + i % 2 * 2;
      gpu::store4(shared + (warp_row + i * 8) * kOutputPitch + column * 2, gpu::pack_bf16(sums[0] + bias[0], sums[1] + bias[1]));
    }
  }
  __syncthreads();
  store_output(shared, y, map.rows, columns, first_row, first_column, fusion);
}

}  // namespace oct::cuda
