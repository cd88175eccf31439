// A 128 x 128 tile of C on tensor cores, BF16 with F32 sums: 8 warps of 64 x 32, depth 32 per stage, 4 stages of cp.async.
// A stage is 16 KB read for 128 * 128 * 32 products: 64 FLOP a byte of L2.
#pragma once
#include "gemm/tile.cuh"

namespace oct::cuda {

template <>
struct GemmTile<gpu::bf16> {
  using T = gpu::bf16;
  static constexpr int kDepth = 32, kStages = 4;
  static constexpr int kOperandElements = kTileRows * kDepth;
  static constexpr size_t kSharedBytes = size_t{kStages} * 2 * kOperandElements * sizeof(T);
  static_assert(kSharedBytes >= sizeof(float) * kStagePitch * kTileRows / 2, "half a tile is staged there");

  float sum[4][4][4];  // 16-row by 8-column products of the warp, fragments as mma_bf16's d

  GPU_INLINE void clear() {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
#pragma unroll
      for (int j = 0; j < 4; ++j) {
#pragma unroll
        for (int e = 0; e < 4; ++e) sum[i][j][e] = 0.0f;
      }
    }
  }

  // Where 8 elements lie in a stage. A row of 4 chunks (depth contiguous) or 16: the 8 rows that ldmatrix reads at once fall into different
  // banks.
  template <bool DepthContiguous>
  static GPU_INLINE int place(int row, int chunk) {
    return DepthContiguous ? row * kDepth + (chunk ^ (row >> 1 & 3)) * 8 : row * kTileRows + (chunk ^ (row & 7)) * 8;
  }

  // 128 x 32 elements of one operand, from index `first` (of `count`) and depth `begin` (up to `end`) on; zeros beyond.
  template <bool DepthContiguous>
  static GPU_INLINE void load(const Operand<T>& x, T* stage, int64_t first, int64_t count, int64_t begin, int64_t end) {
#pragma unroll
    for (int q = static_cast<int>(threadIdx.x); q < kOperandElements / 8; q += kTileThreads) {
      constexpr int kChunks = DepthContiguous ? kDepth / 8 : kTileRows / 8;
      const int row = q / kChunks, chunk = q % kChunks;
      const int64_t i = DepthContiguous ? first + row : begin + row, j = (DepthContiguous ? begin : first) + chunk * 8;
      const int valid = i < (DepthContiguous ? count : end) ? valid_of(j, DepthContiguous ? end : count, 8) : 0;
      const T* from = x.data + (valid > 0 ? i * x.ld + j : 0);
      T* to = stage + place<DepthContiguous>(row, chunk);
      if (x.wide) {
        gpu::cp_async_16(to, from, valid * static_cast<int>(sizeof(T)));
      } else {
        uint32_t words[4];
#pragma unroll
        for (int w = 0; w < 4; ++w) {
          const float low = 2 * w < valid ? gpu::to_float(from[2 * w]) : 0.0f;
          const float high = 2 * w + 1 < valid ? gpu::to_float(from[2 * w + 1]) : 0.0f;
          words[w] = __float_as_uint(low) >> 16 | (__float_as_uint(high) & 0xffff0000u);
        }
        gpu::store16(to, make_uint4(words[0], words[1], words[2], words[3]));
      }
    }
  }

  template <bool ADepth, bool BDepth>
  GPU_INLINE void multiply_stage(const T* a, const T* b) {
    const int lane = static_cast<int>(gpu::lane()), warp = static_cast<int>(threadIdx.x) / 32;
    const int row = warp / 4 * 64, column = warp % 4 * 32;
#pragma unroll
    for (int k = 0; k < kDepth; k += 16) {
      uint32_t fa[4][4], fb[4][2];
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        if constexpr (ADepth) {
          gpu::ldmatrix_x4(fa[i], a + place<true>(row + i * 16 + lane % 16, k / 8 + lane / 16));
        } else {
          gpu::ldmatrix_x4<true>(fa[i], a + place<false>(k + lane / 16 * 8 + lane % 8, (row + i * 16) / 8 + lane / 8 % 2));
        }
      }
#pragma unroll
      for (int j = 0; j < 4; j += 2) {
        uint32_t pair[4];
        if constexpr (BDepth) {
          gpu::ldmatrix_x4(pair, b + place<true>(column + j * 8 + lane / 16 * 8 + lane % 8, k / 8 + lane / 8 % 2));
        } else {
          gpu::ldmatrix_x4<true>(pair, b + place<false>(k + lane / 8 % 2 * 8 + lane % 8, (column + j * 8) / 8 + lane / 16));
        }
        fb[j][0] = pair[0], fb[j][1] = pair[1], fb[j + 1][0] = pair[2], fb[j + 1][1] = pair[3];
      }
#pragma unroll
      for (int i = 0; i < 4; ++i) {
#pragma unroll
        for (int j = 0; j < 4; ++j) gpu::mma_bf16(sum[i][j], fa[i], fb[j]);
      }
    }
  }

  // The thread's sums of 64 rows of the tile, for hand_out.
  template <bool ADepth, bool BDepth>
  GPU_INLINE void stage(int half, float* shared) const {
    const int lane = static_cast<int>(gpu::lane()), warp = static_cast<int>(threadIdx.x) / 32;
    if (warp / 4 != half) return;
#pragma unroll
    for (int i = 0; i < 4; ++i) {
#pragma unroll
      for (int j = 0; j < 4; ++j) {
        float* to = shared + (i * 16 + lane / 4) * kStagePitch + warp % 4 * 32 + j * 8 + lane % 4 * 2;
        gpu::store8(to, make_uint2(__float_as_uint(sum[i][j][0]), __float_as_uint(sum[i][j][1])));
        gpu::store8(to + 8 * kStagePitch, make_uint2(__float_as_uint(sum[i][j][2]), __float_as_uint(sum[i][j][3])));
      }
    }
  }
};

}  // namespace oct::cuda
