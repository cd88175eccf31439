// How the kernels of batch normalization walk over x [M,C], M = N H W: a block takes a slice of channels and a chunk of rows; a thread
// keeps one piece of neighboring channels, whose statistics stay in its registers, and takes every lanes-th row of the chunk.
#pragma once
#include "element_wise/element_wise.cuh"

namespace oct::cuda {

constexpr int kNormThreads = 256;
constexpr int kNormColumns = 32;   // most pieces of a slice: a warp reads 512 contiguous bytes
constexpr int kNormPartials = 3;   // floats per channel and chunk
constexpr int64_t kMostRows = 64;  // a thread's: bounds the rounding of its sums
constexpr int64_t kLeastRows = 4;  // a thread's, so that its loads of per-channel values are worth it

struct NormRows {
  int64_t rows, channels;  // M, C
  int64_t slices, chunks;
  int64_t chunk_rows;
  int32_t columns, lanes;  // pieces of a slice, rows that a block reads at once

  NormRows(const gpu::Limits& limits, int64_t m, int64_t c, int width) : rows(m), channels(c) {
    const int64_t pieces = gpu::ceil_div<int64_t>(c, width);
    slices = gpu::ceil_div<int64_t>(pieces, kNormColumns);
    columns = static_cast<int32_t>(gpu::ceil_div(pieces, slices));
    lanes = kNormThreads / columns;
    const int64_t wanted = std::max<int64_t>(1, static_cast<int64_t>(limits.multiprocessors) * 8 / slices);
    chunk_rows = lanes * std::clamp(gpu::ceil_div(rows, lanes * wanted), kLeastRows, kMostRows);
    chunks = gpu::ceil_div(rows, chunk_rows);
  }
  gpu::LaunchShape shape() const { return {dim3(static_cast<unsigned>(slices * chunks)), dim3(kNormThreads)}; }
  size_t workspace() const { return static_cast<size_t>(chunks * channels) * kNormPartials * sizeof(float); }
};

// What one thread of such a kernel does.
template <int Width>
struct NormThread {
  int64_t chunk;
  int64_t first_channel;  // of the slice
  int64_t channel;        // of the thread's piece
  int64_t element;        // of x: the thread's first
  int64_t step;           // elements between its rows
  int32_t rows;           // of the chunk
  int32_t lane;
  int32_t count;  // rows of the thread; 0: nothing to do

  GPU_INLINE explicit NormThread(const NormRows& r) {
    const int64_t slice = blockIdx.x % r.slices;
    chunk = blockIdx.x / r.slices;
    const int32_t thread = static_cast<int32_t>(threadIdx.x), column = thread % r.columns;
    lane = thread / r.columns;
    first_channel = slice * r.columns * Width;
    channel = first_channel + column * Width;
    const int64_t first = chunk * r.chunk_rows;
    rows = static_cast<int32_t>(r.rows - first < r.chunk_rows ? r.rows - first : r.chunk_rows);
    count = lane < r.lanes && channel < r.channels ? rows_of(r, lane) : 0;
    element = (first + lane) * r.channels + channel;
    step = r.lanes * r.channels;
  }
  // Rows that lane `other` takes.
  GPU_INLINE int32_t rows_of(const NormRows& r, int32_t other) const { return other < rows ? (rows - other - 1) / r.lanes + 1 : 0; }
};

// What channels are normalized with: rstd, or 1 / sqrt(variance + epsilon) where rstd is null.
struct Normalizer {
  const float *mean, *rstd, *variance;
  float epsilon;
  GPU_INLINE float rstd_of(int64_t channel) const { return rstd != nullptr ? rstd[channel] : 1.0f / sqrtf(variance[channel] + epsilon); }
};

// The partial results of the chunks are merged by 32 threads per channel, each over a range of chunks, ascending; then the ranges in order.
constexpr int kMergeChannels = 8;  // of a block: 32 bytes, the least that memory delivers
constexpr int kMergeParts = 32;

}  // namespace oct::cuda
