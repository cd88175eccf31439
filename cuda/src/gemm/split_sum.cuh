// The second kernel of a sum that was split over blocks: partial sums in the workspace are added in a fixed order, so that the result
// does not depend on which block came first.
#pragma once
#include <algorithm>

#include "runtime/launches.h"

namespace oct::cuda {

constexpr int kSplitSumColumns = 32;  // of 4 floats
constexpr int kSplitSumParts = 8;

// out[i] = sum over s < splits of partial[s pitch + i], for i < count. A warp adds one eighth of the splits, ascending; then the eighths
// are added in order: with a few thousand outputs and hundreds of splits, one thread an output would wait for memory all the time.
// Bound: 4 (splits + 1) count bytes. pitch is a multiple of 4, partial 16-byte aligned; WideOut: out too.
template <bool WideOut>
__global__ void __launch_bounds__(kSplitSumColumns* kSplitSumParts)
    split_sum(const float* partial, int64_t pitch, int32_t splits, float* out, int64_t count) {
  GPU_SHARED(float4, part, [kSplitSumParts][kSplitSumColumns]);
  const int lane = static_cast<int>(threadIdx.x) % kSplitSumColumns;
  const int eighth = static_cast<int>(threadIdx.x) / kSplitSumColumns;
  const int64_t column = (static_cast<int64_t>(blockIdx.x) * kSplitSumColumns + lane) * 4;
  const int32_t begin = static_cast<int32_t>(static_cast<int64_t>(splits) * eighth / kSplitSumParts);
  const int32_t end = static_cast<int32_t>(static_cast<int64_t>(splits) * (eighth + 1) / kSplitSumParts);
  const float* from = partial + begin * pitch + column;
  float4 sum = {0, 0, 0, 0};
  if (column + 4 <= count) {
#pragma unroll 4
    for (int32_t s = begin; s < end; ++s, from += pitch) {
      const uint4 bits = gpu::load16(from);
      sum.x += __uint_as_float(bits.x);
      sum.y += __uint_as_float(bits.y);
      sum.z += __uint_as_float(bits.z);
      sum.w += __uint_as_float(bits.w);
    }
  } else if (column < count) {
    for (int32_t s = begin; s < end; ++s, from += pitch) {
      sum.x += from[0];
      if (column + 1 < count) sum.y += from[1];
      if (column + 2 < count) sum.z += from[2];
    }
  }
  part[eighth][lane] = sum;
  __syncthreads();
  if (eighth != 0 || column >= count) return;
  for (int i = 1; i < kSplitSumParts; ++i) {
    const float4 next = part[i][lane];
    sum.x += next.x;
    sum.y += next.y;
    sum.z += next.z;
    sum.w += next.w;
  }
  if (WideOut && column + 4 <= count) {
    gpu::store16(out + column, {__float_as_uint(sum.x), __float_as_uint(sum.y), __float_as_uint(sum.z), __float_as_uint(sum.w)});
    return;
  }
  out[column] = sum.x;
  if (column + 1 < count) out[column + 1] = sum.y;
  if (column + 2 < count) out[column + 2] = sum.z;
  if (column + 3 < count) out[column + 3] = sum.w;
}

inline oct_status launch_split_sum(Launches& launches, const float* partial, int64_t pitch, int64_t splits, float* out, int64_t count) {
  const bool wide = aligned({out});
  const gpu::LaunchShape shape{dim3(static_cast<unsigned>(gpu::ceil_div<int64_t>(count, kSplitSumColumns * 4))),
                               dim3(kSplitSumColumns * kSplitSumParts)};
  return launch(launches, "split_sum", wide ? split_sum<true> : split_sum<false>, shape, partial, pitch, static_cast<int32_t>(splits), out,
                count);
}

// One part of the sums over the rows of a matrix, [rows, columns]: block (x, y) adds 32 columns over the rows of split y into
// partial[y pitch + column]. Bound: one read of the matrix.
template <class T>
__global__ void __launch_bounds__(256)
    column_sums(const T* matrix, int64_t rows, int64_t columns, int64_t rows_per_split, float* partial, int64_t pitch) {
  GPU_SHARED(float, part, [8][33]);
  const int lane = static_cast<int>(threadIdx.x) % 32, eighth = static_cast<int>(threadIdx.x) / 32;
  const int64_t column = static_cast<int64_t>(blockIdx.x) * 32 + lane;
  const int64_t first = blockIdx.y * rows_per_split;
  const int64_t last = first + rows_per_split < rows ? first + rows_per_split : rows;
  float sum = 0;
  if (column < columns) {
#pragma unroll 4
    for (int64_t row = first + eighth; row < last; row += 8) sum += gpu::to_float(matrix[row * columns + column]);
  }
  part[eighth][lane] = sum;
  __syncthreads();
  if (eighth != 0 || column >= columns) return;
  for (int i = 1; i < 8; ++i) sum += part[i][lane];
  partial[blockIdx.y * pitch + column] = sum;
}

// How column sums are split: enough blocks to fill the device, at least 64 rows each.
inline int64_t column_sum_splits(const gpu::Limits& limits, int64_t rows, int64_t columns) {
  const int64_t wanted = gpu::ceil_div<int64_t>(static_cast<int64_t>(limits.multiprocessors) * 8, gpu::ceil_div<int64_t>(columns, 32));
  return std::clamp<int64_t>(wanted, 1, std::min<int64_t>(gpu::ceil_div<int64_t>(rows, 64), 65535));
}

inline size_t column_sum_workspace(const gpu::Limits& limits, int64_t rows, int64_t columns) {
  return static_cast<size_t>(column_sum_splits(limits, rows, columns) * gpu::round_up<int64_t>(columns, 16)) * sizeof(float);
}

// sums[c] = sum over the rows of matrix [rows, columns]; workspace: column_sum_workspace.
template <class T>
oct_status launch_column_sums(Launches& launches, const T* matrix, int64_t rows, int64_t columns, float* sums, void* workspace) {
  const int64_t pitch = gpu::round_up<int64_t>(columns, 16);
  const int64_t rows_per_split = gpu::ceil_div(rows, column_sum_splits(launches.limits(), rows, columns));
  const int64_t splits = gpu::ceil_div(rows, rows_per_split);
  const gpu::LaunchShape shape{dim3(static_cast<unsigned>(gpu::ceil_div<int64_t>(columns, 32)), static_cast<unsigned>(splits)), dim3(256)};
  float* partial = static_cast<float*>(workspace);
  OCT_TRY(launch(launches, "column_sums", column_sums<T>, shape, matrix, rows, columns, rows_per_split, partial, pitch));
  return launch_split_sum(launches, partial, pitch, splits, sums, columns);
}

}  // namespace oct::cuda
