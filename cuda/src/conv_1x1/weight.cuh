// The weight gradient of a 1x1 convolution of one group, bf16, with mma.sync.
#pragma once
#include "conv_1x1/pixels.cuh"
#include "conv_1x1/tile.cuh"

namespace oct::cuda {

// dweight [K, C] = dy^T [K, pixels] by x [pixels, C]: both across. Block (tile, split); partial [splits][pitch].
__global__ void __launch_bounds__(kTileThreads, 2) conv_1x1_backward_weight_mma(const gpu::bf16* x, const gpu::bf16* dy, PixelMap map,
                                                                                int32_t c, int32_t k, float* partial, int64_t pitch) {
  const int32_t c_tiles = gpu::ceil_div(c, kTile);
  const int32_t first_k = static_cast<int32_t>(blockIdx.x) / c_tiles * kTile, first_c = static_cast<int32_t>(blockIdx.x) % c_tiles * kTile;
  const int64_t steps = gpu::ceil_div<int64_t>(map.rows, kTileDepth);
  const int64_t first = steps * blockIdx.y / gridDim.y, end = steps * (blockIdx.y + 1) / gridDim.y;

  ProductTile<true, true> tile(gpu::dynamic_shared<unsigned char>());
  const int32_t k_at = first_k + across_chunk() * 8, c_at = first_c + across_chunk() * 8;
  tile.run(
      static_cast<int32_t>(end - first),
      [&](int32_t step, int32_t stage) {
#pragma unroll
        for (int32_t i = 0; i < 2; ++i) {
          const int64_t row = (first + step) * kTileDepth + across_row(i);
          const int64_t pixel = mapped_pixel<false>(map, row);
          const bool no_dy = row >= map.rows || k_at >= k, no_x = pixel < 0 || c_at >= c;
          gpu::cp_async_16(tile.a(stage) + across_offset(across_row(i), across_chunk()), no_dy ? dy : dy + row * k + k_at, no_dy ? 0 : 16);
          gpu::cp_async_16(tile.b(stage) + across_offset(across_row(i), across_chunk()), no_x ? x : x + pixel * c + c_at, no_x ? 0 : 16);
        }
      },
      [](int32_t, int32_t) {});

  const int32_t lane = static_cast<int32_t>(gpu::lane()), warp = static_cast<int32_t>(threadIdx.x) / 32;
  const int32_t row = first_k + warp % 2 * 64 + lane / 4, column = first_c + warp / 2 * 32 + lane % 4 * 2;
  float* to = partial + blockIdx.y * pitch;
#pragma unroll
  for (int32_t i = 0; i < 8; ++i) {
#pragma unroll
    for (int32_t j = 0; j < 4; ++j) {
      if (row + i * 8 >= k || column + j * 8 >= c) continue;
      const float* sums = tile.d[i / 2][j] + i % 2 * 2;
      gpu::store8(to + static_cast<int64_t>(row + i * 8) * c + column + j * 8, {__float_as_uint(sums[0]), __float_as_uint(sums[1])});
    }
  }
}

}  // namespace oct::cuda
