// Mean and variance over the rows of a matrix [rows, K] as a kernel stores it tile by tile: each tile's moments go to the workspace, a
// second kernel merges them in a fixed order. Deviations are always from a value of the data, so that |mean| >> deviation costs no digits.
#pragma once
#include "runtime/launches.h"

namespace oct::cuda {

// Of `count` values: their mean, and the sum of squares of their distances from it.
struct Moments {
  float mean, squares;
};

// From sums of the distances of `count` values from `origin`, one of them, and of their squares.
GPU_INLINE Moments moments_of(float origin, float sum, float squares, float count) {
  const float shift = sum / count, rest = squares - sum * shift;
  return {origin + shift, rest > 0 ? rest : 0};
}

// Of a and b together (Chan, Golub, LeVeque 1979).
GPU_INLINE Moments merge(Moments a, float a_count, Moments b, float b_count) {
  const float distance = b.mean - a.mean, share = b_count / (a_count + b_count);
  return {a.mean + distance * share, a.squares + b.squares + distance * distance * a_count * share};
}

// Moments of the columns of a tile of bf16 in shared memory, Rows (or fewer: `rows`) by 128, rows `pitch` bytes apart, to
// moments[column] and moments[columns + column], for the first `columns_here`. By 256 threads: a pair of columns and a quarter of
// the rows each. Its barriers are the block's: all threads call it.
template <int Rows>
GPU_INLINE void tile_moments(const unsigned char* tile, int32_t pitch, int32_t rows, int32_t columns_here, int64_t columns,
                             float* moments) {
  GPU_SHARED(float4, part, [4][64]);
  const int32_t pair = static_cast<int32_t>(threadIdx.x) % 64, quarter = static_cast<int32_t>(threadIdx.x) / 64;
  const int32_t first = quarter * (Rows / 4);
  const int32_t count = rows - first < Rows / 4 ? (rows > first ? rows - first : 0) : Rows / 4;
  if (count > 0) {
    const unsigned char* at = tile + first * pitch + pair * 4;
    const uint32_t origin = gpu::load4(at);
    float sum[2] = {0, 0}, squares[2] = {0, 0};
    for (int32_t row = 1; row < count; ++row) {
      const uint32_t value = gpu::load4(at + row * pitch);
      const float low = gpu::low_bf16(value) - gpu::low_bf16(origin), high = gpu::high_bf16(value) - gpu::high_bf16(origin);
      sum[0] += low;
      sum[1] += high;
      squares[0] = fmaf(low, low, squares[0]);
      squares[1] = fmaf(high, high, squares[1]);
    }
    const float n = static_cast<float>(count);
    const Moments low = moments_of(gpu::low_bf16(origin), sum[0], squares[0], n);
    const Moments high = moments_of(gpu::high_bf16(origin), sum[1], squares[1], n);
    part[quarter][pair] = {low.mean, low.squares, high.mean, high.squares};
  }
  __syncthreads();
  if (quarter != 0 || pair * 2 >= columns_here) return;
  float4 all = part[0][pair];
  Moments low{all.x, all.y}, high{all.z, all.w};
  float merged = static_cast<float>(count);
  for (int32_t i = 1; i < 4 && i * (Rows / 4) < rows; ++i) {
    const float more = static_cast<float>(rows - i * (Rows / 4) < Rows / 4 ? rows - i * (Rows / 4) : Rows / 4);
    const float4 next = part[i][pair];
    low = merge(low, merged, {next.x, next.y}, more);
    high = merge(high, merged, {next.z, next.w}, more);
    merged += more;
  }
  moments[pair * 2] = low.mean;
  moments[pair * 2 + 1] = high.mean;
  moments[columns + pair * 2] = low.squares;
  moments[columns + pair * 2 + 1] = high.squares;
}

constexpr int kMomentParts = 32;

// partial [tiles][2][columns] of tiles of `tile_rows` rows, the last of what is left of `rows`; mean and biased variance of each column.
// The mean first, then squares about it; a thread adds every 32nd tile, then the 32 sums are added in order. Bound: two reads of the
// partials, the second from L2.
template <int TileRows>
__global__ void __launch_bounds__(8 * kMomentParts)
    merge_moments(const float* partial, int64_t tiles, int64_t rows, int64_t columns, float* mean, float* variance) {
  GPU_SHARED(float, part, [2][kMomentParts][9]);
  const int32_t lane = static_cast<int32_t>(threadIdx.x) % 8, mine = static_cast<int32_t>(threadIdx.x) / 8;
  const int64_t column = static_cast<int64_t>(blockIdx.x) * 8 + lane;
  const bool exists = column < columns;
  const float* means = partial + (exists ? column : 0);
  const float last = static_cast<float>(rows - (tiles - 1) * TileRows), total = static_cast<float>(rows);
  float center = means[0];
  float spread = 0;
  for (int32_t round = 0; round < 2; ++round) {
    float sum = 0, squares = 0;
    for (int64_t tile = mine; tile < tiles; tile += kMomentParts) {
      const float count = tile == tiles - 1 ? last : static_cast<float>(TileRows);
      const float distance = means[tile * 2 * columns] - center;
      sum = fmaf(distance, count, sum);
      if (round == 1) squares += fmaf(distance * count, distance, means[(tile * 2 + 1) * columns]);
    }
    part[0][mine][lane] = sum;
    part[1][mine][lane] = squares;
    __syncthreads();
    sum = squares = 0;
    for (int32_t i = 0; i < kMomentParts; ++i) {
      sum += part[0][i][lane];
      squares += part[1][i][lane];
    }
    __syncthreads();
    // In the second round `sum` is what rounding left of 0; it is taken out of both.
    center += sum / total;
    spread = squares - sum * (sum / total);
  }
  if (mine != 0 || !exists) return;
  mean[column] = center;
  variance[column] = spread > 0 ? spread / total : 0;
}

}  // namespace oct::cuda
