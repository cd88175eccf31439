// A 128x128 tile of a product of bf16 matrices in F32, by 8 warps with mma.sync: what the 1x1 convolutions are made of.
#pragma once
#include "runtime/launches.h"

namespace oct::cuda {

constexpr int kTile = 128;      // rows and columns of a block's tile
constexpr int kTileDepth = 32;  // products per stage
constexpr int kTileStages = 4;  // of the ring in shared memory
constexpr int kTileThreads = 256;
constexpr int kOperandBytes = kTile * kTileDepth * 2;  // of one operand of one stage
constexpr size_t kTileShared = static_cast<size_t>(kTileStages) * 2 * kOperandBytes;

// An operand of a stage lies in shared memory as it does in global memory. Along: the summed dimension is contiguous, [128][32]; across:
// the other one is, [32][128]. Chunks of 16 bytes are permuted within 128 bytes so that the 8 rows of an ldmatrix meet all banks.
GPU_INLINE int32_t along_offset(int32_t row, int32_t chunk) { return row * 64 + ((chunk ^ (row >> 1 & 3)) << 4); }
GPU_INLINE int32_t across_offset(int32_t row, int32_t chunk) { return row * 256 + ((chunk ^ (row & 7)) << 4); }

// One block's ring and its accumulators. AcrossA: a is given as its transpose, [depth][rows]; AcrossB: b as [depth][columns], else as
// [columns][depth]. Warp w has the rows 64 (w % 2).. and the columns 32 (w / 2)...
template <bool AcrossA, bool AcrossB>
struct ProductTile {
  unsigned char* ring;
  float d[4][4][4] = {};  // 16 rows, 8 columns, mma's fragment

  GPU_INLINE explicit ProductTile(unsigned char* shared) : ring(shared) {}

  GPU_INLINE unsigned char* a(int32_t stage) const { return ring + stage * 2 * kOperandBytes; }
  GPU_INLINE unsigned char* b(int32_t stage) const { return ring + stage * 2 * kOperandBytes + kOperandBytes; }

  GPU_INLINE void multiply(int32_t stage) {
    const int32_t lane = static_cast<int32_t>(gpu::lane()), warp = static_cast<int32_t>(threadIdx.x) / 32;
    const int32_t row = warp % 2 * 64, column = warp / 2 * 32;
    const int32_t low = lane & 7, middle = lane >> 3 & 1, high = lane >> 4;
#pragma unroll
    for (int32_t step = 0; step < kTileDepth / 16; ++step) {
      uint32_t as[4][4], bs[2][4];
#pragma unroll
      for (int32_t i = 0; i < 4; ++i) {
        if constexpr (AcrossA) {
          gpu::ldmatrix_x4<true>(as[i], a(stage) + across_offset(step * 16 + high * 8 + low, row / 8 + i * 2 + middle));
        } else {
          gpu::ldmatrix_x4(as[i], a(stage) + along_offset(row + i * 16 + middle * 8 + low, step * 2 + high));
        }
      }
#pragma unroll
      for (int32_t j = 0; j < 2; ++j) {
        if constexpr (AcrossB) {
          gpu::ldmatrix_x4<true>(bs[j], b(stage) + across_offset(step * 16 + middle * 8 + low, column / 8 + j * 2 + high));
        } else {
          gpu::ldmatrix_x4(bs[j], b(stage) + along_offset(column + j * 16 + high * 8 + low, step * 2 + middle));
        }
      }
#pragma unroll
      for (int32_t i = 0; i < 4; ++i) {
#pragma unroll
        for (int32_t j = 0; j < 4; ++j) gpu::mma_bf16(d[i][j], as[i], {bs[j / 2][j % 2 * 2], bs[j / 2][j % 2 * 2 + 1]});
      }
    }
  }

  // Runs over `steps` stages: load(step, stage) starts the copies of this thread, transform(step, stage) changes what they brought.
  template <class Load, class Transform>
  GPU_INLINE void run(int32_t steps, Load&& load, Transform&& transform) {
#pragma unroll
    for (int32_t step = 0; step < kTileStages - 1; ++step) {
      if (step < steps) load(step, step);
      gpu::cp_async_commit();
    }
    for (int32_t step = 0; step < steps; ++step) {
      const int32_t stage = step % kTileStages, next = step + kTileStages - 1;
      gpu::cp_async_wait<kTileStages - 2>();
      transform(step, stage);
      __syncthreads();  // every thread's copies of this stage; the stage before it is free
      if (next < steps) load(next, next % kTileStages);
      gpu::cp_async_commit();
      multiply(stage);
    }
    gpu::cp_async_wait<0>();
  }
};

// Two chunks per thread of each operand and stage: of [128][32], rows t / 4 and 64 more; of [32][128], rows t / 16 and 16 more.
GPU_INLINE int32_t along_row(int32_t i) { return static_cast<int32_t>(threadIdx.x) / 4 + i * 64; }
GPU_INLINE int32_t along_chunk() { return static_cast<int32_t>(threadIdx.x) % 4; }
GPU_INLINE int32_t across_row(int32_t i) { return static_cast<int32_t>(threadIdx.x) / 16 + i * 16; }
GPU_INLINE int32_t across_chunk() { return static_cast<int32_t>(threadIdx.x) % 16; }

}  // namespace oct::cuda
