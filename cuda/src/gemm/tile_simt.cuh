// A 128 x 128 tile of C without tensor cores, F32: 8 x 8 sums per thread, depth 16 per stage, 3 stages of cp.async. 64 fused multiply-adds
// for 4 loads of 16 bytes from shared memory: the adders bind.
#pragma once
#include "gemm/tile.cuh"

namespace oct::cuda {

template <>
struct GemmTile<float> {
  using T = float;
  static constexpr int kDepth = 16, kStages = 3;
  // Floats between rows of a stage: loads of 16 bytes by 8 neighboring threads fall into different banks.
  static constexpr int kDeepPitch = kDepth + 4, kFlatPitch = kTileRows + 4;
  static constexpr int kOperandElements = kTileRows * kDeepPitch;
  static_assert(kOperandElements >= kDepth * kFlatPitch);
  static constexpr size_t kSharedBytes = size_t{kStages} * 2 * kOperandElements * sizeof(T);
  static_assert(kSharedBytes >= sizeof(float) * kStagePitch * kTileRows / 2, "half a tile is staged there");

  float sum[8][8];

  GPU_INLINE void clear() {
#pragma unroll
    for (int i = 0; i < 8; ++i) {
#pragma unroll
      for (int j = 0; j < 8; ++j) sum[i][j] = 0.0f;
    }
  }

  // The tile's index of a thread's i-th row or column; `thread` in [0,16). The first four lie in the tile's first half.
  template <bool DepthContiguous>
  static GPU_INLINE int index(int thread, int i) {
    return DepthContiguous ? thread + 16 * i : i / 4 * 64 + thread * 4 + i % 4;
  }

  template <bool DepthContiguous>
  static GPU_INLINE void load(const Operand<T>& x, T* stage, int64_t first, int64_t count, int64_t begin, int64_t end) {
#pragma unroll
    for (int q = static_cast<int>(threadIdx.x); q < kTileRows * kDepth / 4; q += kTileThreads) {
      constexpr int kChunks = DepthContiguous ? kDepth / 4 : kTileRows / 4;
      const int row = q / kChunks, chunk = q % kChunks;
      const int64_t i = DepthContiguous ? first + row : begin + row, j = (DepthContiguous ? begin : first) + chunk * 4;
      const int valid = i < (DepthContiguous ? count : end) ? valid_of(j, DepthContiguous ? end : count, 4) : 0;
      const T* from = x.data + (valid > 0 ? i * x.ld + j : 0);
      T* to = stage + row * (DepthContiguous ? kDeepPitch : kFlatPitch) + chunk * 4;
      if (x.wide) {
        gpu::cp_async_16(to, from, valid * 4);
      } else {
#pragma unroll
        for (int e = 0; e < 4; ++e) gpu::cp_async_4(to + e, e < valid ? from + e : x.data, e < valid ? 4 : 0);
      }
    }
  }

  static GPU_INLINE void quad(const T* shared, float (&v)[4]) {
    const uint4 raw = gpu::load16(shared);
    v[0] = __uint_as_float(raw.x), v[1] = __uint_as_float(raw.y), v[2] = __uint_as_float(raw.z), v[3] = __uint_as_float(raw.w);
  }

  template <bool ADepth, bool BDepth>
  GPU_INLINE void multiply_stage(const T* a, const T* b) {
    const int x = static_cast<int>(threadIdx.x) % 16, y = static_cast<int>(threadIdx.x) / 16;
#pragma unroll 1
    for (int k = 0; k < kDepth; k += 4) {
      float fa[8][4];  // rows by depth
#pragma unroll
      for (int i = 0; i < 8; ++i) {
        if constexpr (ADepth) {
          quad(a + index<true>(y, i) * kDeepPitch + k, fa[i]);
        } else if (i % 4 == 0) {
#pragma unroll
          for (int d = 0; d < 4; ++d) {
            float four[4];
            quad(a + (k + d) * kFlatPitch + index<false>(y, i), four);
#pragma unroll
            for (int e = 0; e < 4; ++e) fa[i + e][d] = four[e];
          }
        }
      }
      if constexpr (BDepth) {
#pragma unroll
        for (int j = 0; j < 8; ++j) {
          float fb[4];
          quad(b + index<true>(x, j) * kDeepPitch + k, fb);
#pragma unroll
          for (int i = 0; i < 8; ++i) {
#pragma unroll
            for (int d = 0; d < 4; ++d) sum[i][j] = fmaf(fa[i][d], fb[d], sum[i][j]);
          }
        }
      } else {
#pragma unroll
        for (int d = 0; d < 4; ++d) {
#pragma unroll
          for (int half = 0; half < 2; ++half) {
            float fb[4];
            quad(b + (k + d) * kFlatPitch + index<false>(x, 4 * half), fb);
#pragma unroll
            for (int i = 0; i < 8; ++i) {
#pragma unroll
              for (int e = 0; e < 4; ++e) sum[i][4 * half + e] = fmaf(fa[i][d], fb[e], sum[i][4 * half + e]);
            }
          }
        }
      }
    }
  }

  template <bool ADepth, bool BDepth>
  GPU_INLINE void stage(int half, float* shared) const {
    const int x = static_cast<int>(threadIdx.x) % 16, y = static_cast<int>(threadIdx.x) / 16;
#pragma unroll
    for (int i = 0; i < 4; ++i) {
#pragma unroll
      for (int j = 0; j < 8; ++j) {
        const float value = half == 0 ? sum[i][j] : sum[i + 4][j];
        shared[index<ADepth>(y, i) * kStagePitch + index<BDepth>(x, j)] = value;
      }
    }
  }
};

}  // namespace oct::cuda
