// What the blocks of grouped convolutions with many channels per group have in common, however they multiply.
#pragma once
#include "grouped_conv/chunk.cuh"
#include "grouped_conv/moments.cuh"
#include "grouped_conv/wide.h"

namespace oct::cuda {

constexpr int kWideThreads = 256;

// Fills in_pixel [streams][patch], the pixels that are read at the block's positions (-1: zeros), and out_pixel [128], those that are
// written
// (-1: none).
GPU_INLINE void locate_pixels(const WideShape& s, int32_t first_position, int32_t* in_pixel, int32_t* out_pixel) {
  for (int32_t i = static_cast<int32_t>(threadIdx.x); i < s.patch; i += kWideThreads) {
    const int32_t position = first_position + i, line = position / s.row, n = line / s.image_rows;
    const int32_t p = line - n * s.image_rows, q = position - line * s.row;
    for (int32_t stream = 0; stream < s.streams; ++stream) {
      const int32_t y = p * s.in_step + s.stream_row[stream], x = q * s.in_step + s.stream_column[stream];
      const bool inside = n < s.n && y >= 0 && y < s.in_h && x >= 0 && x < s.in_w;
      in_pixel[stream * s.patch + i] = inside ? (n * s.in_h + y) * s.in_w + x : -1;
    }
    if (i < kWideRows) {
      const bool exists = n < s.n && p < s.p && q < s.q;
      out_pixel[i] = exists ? (n * s.out_h + p * s.out_step + s.out_row) * s.out_w + q * s.out_step + s.out_column : -1;
    }
  }
}

// Where a walk over channels, streams and taps is. A patch is the inputs of one stream and Depth channels.
struct WideCursor {
  int32_t first_channel = 0, stream = 0, tap = 0, buffer = 0;

  GPU_INLINE bool starts_patch(const WideShape& s) const { return tap == s.first_tap[stream]; }
  GPU_INLINE void advance(const WideShape& s, int32_t depth) {
    if (++tap != s.first_tap[stream + 1]) return;
    buffer = buffer + 1 == s.buffers ? 0 : buffer + 1;
    if (++stream != s.streams) return;
    stream = tap = 0;
    first_channel += depth;
  }
};

// What this thread copies of a patch: the same chunk of 8 channels of every step-th position. Worked out anew for each patch: registers are
// scarcer than time.
struct WideCopy {
  int32_t first, step, chunk, channel;  // channel: of the tensor read, less the cursor's; not below in_c for groups that do not exist

  GPU_INLINE WideCopy(const WideShape& s, int32_t depth, int32_t first_column) {
    const int32_t thread = static_cast<int32_t>(threadIdx.x), chunks = s.tile_groups * (depth / 8);
    step = kWideThreads / chunks;
    first = thread / chunks;
    chunk = thread - first * chunks;
    if (first >= step) first = s.patch;  // threads beyond whole rows copy nothing
    channel = (first_column / s.filters + chunk / (depth / 8)) * s.channels + chunk % (depth / 8) * 8;
  }

  // Starts the copies into a patch whose pixels are `pitch` bytes apart; pixels: those of its stream.
  GPU_INLINE void load(const WideShape& s, const gpu::bf16* in, int32_t first_channel, const int32_t* pixels, unsigned char* patch,
                       int32_t pitch) const {
    const gpu::bf16* from = in + channel + first_channel;
    for (int32_t i = first; i < s.patch; i += step) {
      const int32_t pixel = pixels[i];
      const bool real = channel < s.in_c && pixel >= 0;
      gpu::cp_async_16(patch + i * pitch + chunk * 16, real ? from + static_cast<int64_t>(pixel) * s.in_c : in, real ? 16 : 0);
    }
  }

  // The prologue, on what this thread copied, before others see it; pixels that do not exist stay zero.
  GPU_INLINE void transform(const WideShape& s, const WideFusion& fusion, int32_t first_channel, const int32_t* pixels,
                            unsigned char* patch, int32_t pitch) const {
    if (channel >= s.in_c) return;
    const float *scale = fusion.scale + channel + first_channel, *shift = fusion.shift + channel + first_channel;
    for (int32_t i = first; i < s.patch; i += step) {
      if (pixels[i] < 0) continue;
      unsigned char* at = patch + i * pitch + chunk * 16;
      gpu::store16(at, prologue_of_chunk(gpu::load16(at), scale, shift, fusion.relu != 0));
    }
  }
};

// Writes a tile of outputs [128][Columns] that lies in shared memory, rows Columns 2 + 16 bytes apart, and the moments of its columns, for
// which `parts` is [4][Columns]. Behind a barrier; by all threads.
template <int Columns, bool Fused>
GPU_INLINE void store_wide_tile(const WideShape& s, const unsigned char* tile, const int32_t* out_pixel, int32_t row_tile,
                                int32_t first_column, gpu::bf16* out, const WideFusion& fusion, float4* parts) {
  constexpr int kPitch = Columns * 2 + 16, kChunks = Columns / 8;
  const int32_t thread = static_cast<int32_t>(threadIdx.x);
#pragma unroll
  for (int32_t i = 0; i < kWideRows * kChunks / kWideThreads; ++i) {
    const int32_t entry = thread + i * kWideThreads, row = entry / kChunks, chunk = entry % kChunks;
    const int32_t pixel = out_pixel[row], channel = first_column + chunk * 8;
    if (pixel < 0 || channel >= s.out_c) continue;
    gpu::store16(out + static_cast<int64_t>(pixel) * s.out_c + channel, gpu::load16(tile + row * kPitch + chunk * 16));
  }
  if constexpr (Fused) {
    if (fusion.moments == nullptr) return;
    // A thread has two columns of a quarter of the rows.
    constexpr int kPairs = Columns / 2;
    const int32_t quarter = thread / kPairs, pair = thread % kPairs;
    if (quarter < 4) {
      RunningMoments low, high;
      for (int32_t row = quarter * (kWideRows / 4); row < (quarter + 1) * (kWideRows / 4); ++row) {
        if (out_pixel[row] < 0) continue;
        const uint32_t value = gpu::load4(tile + row * kPitch + pair * 4);
        low.add(gpu::low_bf16(value));
        high.add(gpu::high_bf16(value));
      }
      parts[quarter * Columns + pair * 2] = low.finished();
      parts[quarter * Columns + pair * 2 + 1] = high.finished();
    }
    __syncthreads();
    if (thread >= Columns || first_column + thread >= s.out_c) return;
    float4 all = parts[thread];
#pragma unroll
    for (int32_t i = 1; i < 4; ++i) all = merged_moments(all, parts[i * Columns + thread]);
    fusion.moments[static_cast<int64_t>(row_tile) * s.out_c + first_column + thread] = all;
  }
}

}  // namespace oct::cuda
