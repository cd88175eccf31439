// What the two block tiles of a matrix product share: operands, and the way of sums from registers to an epilogue.
#pragma once
#include "runtime/launches.h"

namespace oct::cuda {

// C [m,n] = A B over the depth k. An operand lies in memory with its depth contiguous (rows of k: x and weight of a forward pass) or with
// its own index contiguous (k rows of m or n: both operands of a weight gradient); `ld` is the distance of two rows in elements.
template <class T>
struct Operand {
  const T* data;
  int64_t ld;
  bool wide;  // every row begins at a multiple of 16 bytes
};

template <class T>
Operand<T> operand_of(const T* data, int64_t ld) {
  return {data, ld, aligned({data}) && ld * static_cast<int64_t>(sizeof(T)) % 16 == 0};
}

// A part of a product: rows [row, m), columns [column, n) as far as the tile goes, terms [begin, end) of the depth.
struct TilePlace {
  int64_t row, column;
  int64_t m, n;
  int64_t begin, end;
};

constexpr int kTileRows = 128, kTileColumns = 128, kTileThreads = 256;

// Floats between two rows of a staged tile: a warp's stores of 8 rows by 4 pairs fall into different banks.
constexpr int kStagePitch = kTileColumns + 8;

// How many of `width` elements from `at` on lie before `end`.
GPU_INLINE int valid_of(int64_t at, int64_t end, int width) {
  const int64_t left = end - at;
  return left <= 0 ? 0 : left < width ? static_cast<int>(left) : width;
}

// Hands the tile's sums to epilogue(row, column, count, float[4]) in rows of 4, so that what it touches in memory is wide; half a tile at a
// time goes through shared memory. stage(half, float*) writes the thread's part of 64 rows. Begins and ends with a barrier.
template <class Stage, class Epilogue>
GPU_INLINE void hand_out(const TilePlace& p, float* shared, const Stage& stage, const Epilogue& epilogue) {
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    __syncthreads();
    stage(half, shared);
    __syncthreads();
#pragma unroll 2
    for (int q = static_cast<int>(threadIdx.x); q < kTileRows / 2 * kTileColumns / 4; q += kTileThreads) {
      const int row = q / (kTileColumns / 4), column = q % (kTileColumns / 4) * 4;
      const int64_t i = p.row + half * (kTileRows / 2) + row, j = p.column + column;
      const int count = valid_of(j, p.n, 4);
      if (i >= p.m || count == 0) continue;
      const uint4 raw = gpu::load16(shared + row * kStagePitch + column);
      const float v[4] = {__uint_as_float(raw.x), __uint_as_float(raw.y), __uint_as_float(raw.z), __uint_as_float(raw.w)};
      epilogue(i, j, count, v);
    }
  }
  __syncthreads();
}

template <class T>
struct GemmTile;

}  // namespace oct::cuda
