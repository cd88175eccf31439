// Grouped convolutions with many channels a group, bf16, as implicit products of matrices with mma.sync.
#pragma once
#include "grouped_conv_chunk.cuh"
#include "grouped_conv_moments.cuh"
#include "grouped_conv_wide.h"

namespace oct::cuda {

constexpr int kWideThreads = 256;
constexpr int kWideStages = 4;  // of the ring of weights

// The weight [K,taps,C/G] as [C,taps,K/G], for backward_data. A block transposes 32 by 32 elements of one tap and group.
__global__ void __launch_bounds__(256)
    grouped_conv_transpose_weight(const uint16_t* weight, uint16_t* transposed, int32_t taps, int32_t channels, int32_t filters) {
  GPU_SHARED(uint16_t, tile, [32][34]);
  const int32_t channel_tiles = gpu::ceil_div(channels, 32), filter_tiles = gpu::ceil_div(filters, 32);
  int32_t rest = static_cast<int32_t>(blockIdx.x);
  const int32_t c0 = rest % channel_tiles * 32;
  rest /= channel_tiles;
  const int32_t k0 = rest % filter_tiles * 32;
  rest /= filter_tiles;
  const int32_t tap = rest % taps;
  const int64_t group = rest / taps;
  const int32_t fast = static_cast<int32_t>(threadIdx.x) % 32;
  for (int32_t slow = static_cast<int32_t>(threadIdx.x) / 32; slow < 32; slow += 8) {
    if (k0 + slow >= filters || c0 + fast >= channels) continue;
    tile[slow][fast] = weight[((group * filters + k0 + slow) * taps + tap) * channels + c0 + fast];
  }
  __syncthreads();
  for (int32_t slow = static_cast<int32_t>(threadIdx.x) / 32; slow < 32; slow += 8) {
    if (c0 + slow >= channels || k0 + fast >= filters) continue;
    transposed[((group * channels + c0 + slow) * taps + tap) * filters + k0 + fast] = tile[fast][slow];
  }
}

// A block's tile: 128 positions by 4 WarpN channels of outputs, of one group or of several whole ones; Depth input channels of each at a
// time. Warp w has the positions 64 (w % 2).. and the channels WarpN (w / 2).., which are of one group.
template <int WarpN, int Depth>
struct WideTile {
  static constexpr int kWarpN = WarpN, kDepth = Depth;
  static constexpr int kColumns = 4 * WarpN;
  // Odd numbers of 16-byte chunks: the 8 rows of an ldmatrix meet all banks.
  static constexpr int kWeightPitch = Depth * 2 + 16, kOutputPitch = kColumns * 2 + 16;
  static constexpr int kStageBytes = kColumns * kWeightPitch;
  static constexpr int kOutputBytes = kWideRows * kOutputPitch;
  static constexpr int kMomentBytes = 4 * kColumns * static_cast<int>(sizeof(float4));

  static __host__ __device__ constexpr int32_t pitch(int32_t tile_groups) { return tile_groups * Depth * 2 + 16; }
  static __host__ __device__ constexpr int64_t bytes(int64_t patch, int64_t buffers, int64_t streams, int32_t tile_groups) {
    const int64_t ring = kWideStages * kStageBytes + buffers * patch * pitch(tile_groups);
    const int64_t epilogue = kOutputBytes + kMomentBytes;
    return (ring > epilogue ? ring : epilogue) + (streams * patch + kWideRows) * 4;
  }
};

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
};

// A step is one tap and Depth channels: its weights come through a ring of 4 stages, its inputs lie in the patch of its stream, which all
// taps of the stream share: of 9 reads of x from L2 about 1.3 are left (56 columns: 1.9). Blocks of the same positions are neighbours in
// the grid, so x comes from memory once. A warp's 64 x WarpN products a step of 16 channels take 4 + WarpN / 16 ldmatrix for 2 WarpN mma:
// the tensor cores bind, not shared memory. Bound: 2 M K R S C/G FLOPs at the rate of mma.sync (on Hopper about 60 % of wgmma's), or one
// read of x and one write of y. Positions that are no outputs waste 2 to 23 % (56 to 7 columns).
template <class Tile, bool Fused>
__global__ void __launch_bounds__(kWideThreads, 2) grouped_conv_wide(const gpu::bf16* in, const gpu::bf16* weight, gpu::bf16* out,
                                                                     const GPU_GRID_CONSTANT WideShape s, WideFusion fusion) {
  constexpr int kDepth = Tile::kDepth, kColumnTiles = Tile::kWarpN / 8;
  const int32_t thread = static_cast<int32_t>(threadIdx.x), lane = thread % 32, warp = thread / 32;
  const int32_t row_tile = static_cast<int32_t>(blockIdx.x) / s.column_tiles;
  const int32_t first_column = (static_cast<int32_t>(blockIdx.x) - row_tile * s.column_tiles) * Tile::kColumns;
  const int32_t first_position = row_tile * kWideRows;
  const int32_t pitch = Tile::pitch(s.tile_groups), patch_bytes = s.patch * pitch;

  unsigned char* weights = gpu::dynamic_shared<unsigned char>();
  unsigned char* patches = weights + kWideStages * Tile::kStageBytes;
  const int64_t table_at = Tile::bytes(s.patch, s.buffers, s.streams, s.tile_groups) - (s.streams * s.patch + kWideRows) * 4;
  int32_t* in_pixel = reinterpret_cast<int32_t*>(weights + table_at);  // [streams][patch], -1: zeros
  int32_t* out_pixel = in_pixel + s.streams * s.patch;                 // [128], -1: none
  for (int32_t i = thread; i < s.patch; i += kWideThreads) {
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
  __syncthreads();

  const auto load = [&](const WideCursor& at, int32_t stage) {
    constexpr int kChunks = kDepth / 8, kCopies = (Tile::kColumns * kChunks + kWideThreads - 1) / kWideThreads;
#pragma unroll
    for (int32_t i = 0; i < kCopies; ++i) {
      const int32_t entry = thread + i * kWideThreads, column = entry / kChunks, chunk = entry % kChunks;
      if (Tile::kColumns * kChunks % kWideThreads != 0 && column >= Tile::kColumns) break;
      const bool real = first_column + column < s.out_c;
      const int64_t row = static_cast<int64_t>(first_column + column) * s.weight_taps + s.tap_weight[at.tap];
      gpu::cp_async_16(weights + stage * Tile::kStageBytes + column * Tile::kWeightPitch + chunk * 16,
                       real ? weight + row * s.channels + at.first_channel + chunk * 8 : weight, real ? 16 : 0);
    }
    if (!at.starts_patch(s)) return;
    const WideCopy mine(s, kDepth, first_column);
    const int32_t* pixels = in_pixel + at.stream * s.patch;
    unsigned char* to = patches + at.buffer * patch_bytes + mine.chunk * 16;
    const gpu::bf16* from = in + mine.channel + at.first_channel;
    for (int32_t i = mine.first; i < s.patch; i += mine.step) {
      const int32_t pixel = pixels[i];
      const bool real = mine.channel < s.in_c && pixel >= 0;
      gpu::cp_async_16(to + i * pitch, real ? from + static_cast<int64_t>(pixel) * s.in_c : in, real ? 16 : 0);
    }
  };
  // Each thread transforms what it copied, before others see it; pixels that do not exist stay zero.
  const auto transform = [&](const WideCursor& at) {
    if (!at.starts_patch(s)) return;
    const WideCopy mine(s, kDepth, first_column);
    if (mine.channel >= s.in_c) return;
    const int32_t* pixels = in_pixel + at.stream * s.patch;
    const int32_t channel = mine.channel + at.first_channel;
    for (int32_t i = mine.first; i < s.patch; i += mine.step) {
      if (pixels[i] < 0) continue;
      unsigned char* chunk = patches + at.buffer * patch_bytes + i * pitch + mine.chunk * 16;
      gpu::store16(chunk, prologue_of_chunk(gpu::load16(chunk), fusion.scale + channel, fusion.shift + channel, fusion.relu != 0));
    }
  };

  const int32_t warp_row = warp % 2 * 64, warp_column = warp / 2 * Tile::kWarpN;
  const int32_t warp_group = s.tile_groups == 1 ? 0 : warp_column / s.filters;
  const int32_t a_at = (warp_row + lane % 16) * pitch + warp_group * kDepth * 2 + lane / 16 * 16;
  const int32_t b_at = (warp_column + lane % 8 + lane / 16 * 8) * Tile::kWeightPitch + lane / 8 % 2 * 16;
  const int32_t last_b_at = (warp_column + Tile::kWarpN - 8 + lane % 8) * Tile::kWeightPitch + lane / 8 % 2 * 16;
  float sums[4][kColumnTiles][4] = {};

  WideCursor loading, computing;
  const int32_t steps = s.first_tap[s.streams] * (s.channels / kDepth);
#pragma unroll
  for (int32_t stage = 0; stage < kWideStages - 1; ++stage) {
    if (stage < steps) load(loading, stage);
    gpu::cp_async_commit();
    loading.advance(s, kDepth);
  }
  for (int32_t step = 0; step < steps; ++step) {
    gpu::cp_async_wait<kWideStages - 2>();
    if constexpr (Fused) {
      if (fusion.scale != nullptr) transform(computing);
    }
    __syncthreads();  // everybody's copies of this step; what the step before used is free
    if (step + kWideStages - 1 < steps) load(loading, (step + kWideStages - 1) % kWideStages);
    gpu::cp_async_commit();
    loading.advance(s, kDepth);
    const unsigned char* a_from = patches + computing.buffer * patch_bytes + s.tap_shift[computing.tap] * pitch + a_at;
    const unsigned char* b_from = weights + step % kWideStages * Tile::kStageBytes;
#pragma unroll
    for (int32_t k = 0; k < kDepth / 16; ++k) {
      uint32_t a[4][4], b[kColumnTiles + 1][2];
#pragma unroll
      for (int32_t i = 0; i < 4; ++i) gpu::ldmatrix_x4(a[i], a_from + i * 16 * pitch + k * 32);
#pragma unroll
      for (int32_t j = 0; j + 1 < kColumnTiles; j += 2) {
        uint32_t r[4];
        gpu::ldmatrix_x4(r, b_from + b_at + j * 8 * Tile::kWeightPitch + k * 32);
        b[j][0] = r[0];
        b[j][1] = r[1];
        b[j + 1][0] = r[2];
        b[j + 1][1] = r[3];
      }
      if constexpr (kColumnTiles % 2 == 1) gpu::ldmatrix_x2(b[kColumnTiles - 1], b_from + last_b_at + k * 32);
#pragma unroll
      for (int32_t i = 0; i < 4; ++i) {
#pragma unroll
        for (int32_t j = 0; j < kColumnTiles; ++j) gpu::mma_bf16(sums[i][j], a[i], b[j]);
      }
    }
    computing.advance(s, kDepth);
  }
  gpu::cp_async_wait<0>();
  __syncthreads();

  // Through shared memory, so that rows of outputs are written 16 bytes at a time and columns can be summed.
  unsigned char* tile = weights;
#pragma unroll
  for (int32_t j = 0; j < kColumnTiles; ++j) {
    const int32_t column = warp_column + j * 8 + lane % 4 * 2;
    float bias[2] = {0, 0};
    if (fusion.bias != nullptr && first_column + column < s.out_c) {
      bias[0] = fusion.bias[first_column + column];
      bias[1] = fusion.bias[first_column + column + 1];
    }
#pragma unroll
    for (int32_t i = 0; i < 8; ++i) {
      const float* pair = sums[i / 2][j] + i % 2 * 2;
      gpu::store4(tile + (warp_row + i * 8 + lane / 4) * Tile::kOutputPitch + column * 2,
                  gpu::pack_bf16(pair[0] + bias[0], pair[1] + bias[1]));
    }
  }
  __syncthreads();
  constexpr int kOutputChunks = Tile::kColumns / 8;
#pragma unroll
  for (int32_t i = 0; i < kWideRows * kOutputChunks / kWideThreads; ++i) {
    const int32_t entry = thread + i * kWideThreads, row = entry / kOutputChunks, chunk = entry % kOutputChunks;
    const int32_t pixel = out_pixel[row], channel = first_column + chunk * 8;
    if (pixel < 0 || channel >= s.out_c) continue;
    gpu::store16(out + static_cast<int64_t>(pixel) * s.out_c + channel, gpu::load16(tile + row * Tile::kOutputPitch + chunk * 16));
  }
  if constexpr (Fused) {
    if (fusion.moments == nullptr) return;
    // A thread has two columns of a quarter of the rows.
    float4* parts = reinterpret_cast<float4*>(tile + Tile::kOutputBytes);  // [4][columns]
    constexpr int kPairs = Tile::kColumns / 2;
    const int32_t quarter = thread / kPairs, pair = thread % kPairs;
    if (quarter < 4) {
      RunningMoments low, high;
      for (int32_t row = quarter * (kWideRows / 4); row < (quarter + 1) * (kWideRows / 4); ++row) {
        if (out_pixel[row] < 0) continue;
        const uint32_t value = gpu::load4(tile + row * Tile::kOutputPitch + pair * 4);
        low.add(gpu::low_bf16(value));
        high.add(gpu::high_bf16(value));
      }
      parts[quarter * Tile::kColumns + pair * 2] = low.finished();
      parts[quarter * Tile::kColumns + pair * 2 + 1] = high.finished();
    }
    __syncthreads();
    if (thread >= Tile::kColumns || first_column + thread >= s.out_c) return;
    float4 all = parts[thread];
#pragma unroll
    for (int32_t i = 1; i < 4; ++i) all = merged_moments(all, parts[i * Tile::kColumns + thread]);
    fusion.moments[static_cast<int64_t>(row_tile) * s.out_c + first_column + thread] = all;
  }
}

}  // namespace oct::cuda
