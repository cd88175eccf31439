// Grouped convolutions with many channels per group, bf16, as implicit products of matrices with mma.sync.
#pragma once
#include "grouped_conv/wide_block.cuh"

namespace oct::cuda {

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
  static constexpr int kAhead = kWideStages - 1;  // steps that a patch is loaded before its first one
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

// The shared memory of a block: a ring of weights, one step per stage, and the patches of inputs; cp.async of all threads fills both.
template <class Tile>
struct WideRings {
  unsigned char *weights, *patches;
  const int32_t* in_pixel;
  int32_t first_column, pitch, patch_bytes;

  GPU_INLINE unsigned char* patch(const WideCursor& at) const { return patches + at.buffer * patch_bytes; }
  GPU_INLINE const unsigned char* stage(int32_t step) const { return weights + step % kWideStages * Tile::kStageBytes; }

  // Starts the copies of the step at `at`: its weights, and its patch if it is the patch's first.
  GPU_INLINE void load(const WideShape& s, const gpu::bf16* in, const gpu::bf16* weight, const WideCursor& at, int32_t stage) const {
    constexpr int kChunks = Tile::kDepth / 8, kCopies = (Tile::kColumns * kChunks + kWideThreads - 1) / kWideThreads;
    const int32_t thread = static_cast<int32_t>(threadIdx.x);
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
    WideCopy(s, Tile::kDepth, first_column).load(s, in, at.first_channel, in_pixel + at.stream * s.patch, patch(at), pitch);
  }
  GPU_INLINE void transform(const WideShape& s, const WideFusion& fusion, const WideCursor& at) const {
    WideCopy(s, Tile::kDepth, first_column).transform(s, fusion, at.first_channel, in_pixel + at.stream * s.patch, patch(at), pitch);
  }
};

// A warp's part of a tile: 64 positions by WarpN channels.
template <class Tile>
struct WideWarp {
  static constexpr int kColumnTiles = Tile::kWarpN / 8;
  int32_t row, column;  // of the tile
  int32_t a_at, b_at, last_b_at;
  float sums[4][kColumnTiles][4] = {};

  GPU_INLINE WideWarp(const WideShape& s, int32_t pitch) {
    const int32_t thread = static_cast<int32_t>(threadIdx.x), lane = thread % 32, warp = thread / 32;
    row = warp % 2 * 64;
    column = warp / 2 * Tile::kWarpN;
    const int32_t group = s.tile_groups == 1 ? 0 : column / s.filters;
    a_at = (row + lane % 16) * pitch + group * Tile::kDepth * 2 + lane / 16 * 16;
    b_at = (column + lane % 8 + lane / 16 * 8) * Tile::kWeightPitch + lane / 8 % 2 * 16;
    last_b_at = (column + Tile::kWarpN - 8 + lane % 8) * Tile::kWeightPitch + lane / 8 % 2 * 16;
  }

  // Adds the products of one step.
  GPU_INLINE void multiply(const unsigned char* inputs, int32_t pitch, const unsigned char* weights) {
    const unsigned char* a_from = inputs + a_at;
#pragma unroll
    for (int32_t k = 0; k < Tile::kDepth / 16; ++k) {
      uint32_t a[4][4], b[kColumnTiles + 1][2];
#pragma unroll
      for (int32_t i = 0; i < 4; ++i) gpu::ldmatrix_x4(a[i], a_from + i * 16 * pitch + k * 32);
#pragma unroll
      for (int32_t j = 0; j + 1 < kColumnTiles; j += 2) {
        uint32_t r[4];
        gpu::ldmatrix_x4(r, weights + b_at + j * 8 * Tile::kWeightPitch + k * 32);
        b[j][0] = r[0];
        b[j][1] = r[1];
        b[j + 1][0] = r[2];
        b[j + 1][1] = r[3];
      }
      if constexpr (kColumnTiles % 2 == 1) gpu::ldmatrix_x2(b[kColumnTiles - 1], weights + last_b_at + k * 32);
#pragma unroll
      for (int32_t i = 0; i < 4; ++i) {
#pragma unroll
        for (int32_t j = 0; j < kColumnTiles; ++j) gpu::mma_bf16(sums[i][j], a[i], b[j]);
      }
    }
  }

  // The sums plus the bias as bf16 into a tile of outputs in shared memory.
  GPU_INLINE void stage_sums(unsigned char* tile, int32_t out_c, int32_t first_column, const float* added) const {
    const int32_t lane = static_cast<int32_t>(threadIdx.x) % 32;
#pragma unroll
    for (int32_t j = 0; j < kColumnTiles; ++j) {
      const int32_t at = column + j * 8 + lane % 4 * 2;
      float bias[2] = {0, 0};
      if (added != nullptr && first_column + at < out_c) {
        bias[0] = added[first_column + at];
        bias[1] = added[first_column + at + 1];
      }
#pragma unroll
      for (int32_t i = 0; i < 8; ++i) {
        const float* pair = sums[i / 2][j] + i % 2 * 2;
        gpu::store4(tile + (row + i * 8 + lane / 4) * Tile::kOutputPitch + at * 2, gpu::pack_bf16(pair[0] + bias[0], pair[1] + bias[1]));
      }
    }
  }
};

// A step is one tap and Depth channels: its weights come through a ring of 4 stages, its inputs lie in the patch of its stream, which all
// taps of the stream share: of 9 reads of x from L2 about 1.3 are left (56 columns: 1.9). Blocks of the same positions are neighbors in
// the grid, so x comes from memory once. A warp's 64 x WarpN products per step of 16 channels take 4 + WarpN / 16 ldmatrix for 2 WarpN mma:
// the tensor cores bind, not shared memory. Bound: 2 M K R S C/G FLOPs at the rate of mma.sync (on Hopper about 60 % of wgmma's), or one
// read of x and one write of y. Positions that are not outputs waste 2 to 23 % (56 to 7 columns).
template <class Tile, bool Fused>
__global__ void __launch_bounds__(kWideThreads, 2) grouped_conv_wide(const gpu::bf16* in, const gpu::bf16* weight, gpu::bf16* out,
                                                                     const GPU_GRID_CONSTANT WideShape s, WideFusion fusion) {
  constexpr int kDepth = Tile::kDepth;
  const int32_t row_tile = static_cast<int32_t>(blockIdx.x) / s.column_tiles;
  const int32_t first_column = (static_cast<int32_t>(blockIdx.x) - row_tile * s.column_tiles) * Tile::kColumns;
  const int32_t pitch = Tile::pitch(s.tile_groups);

  unsigned char* shared = gpu::dynamic_shared<unsigned char>();
  const int64_t table_at = Tile::bytes(s.patch, s.buffers, s.streams, s.tile_groups) - (s.streams * s.patch + kWideRows) * 4;
  int32_t* in_pixel = reinterpret_cast<int32_t*>(shared + table_at);  // [streams][patch], -1: zeros
  int32_t* out_pixel = in_pixel + s.streams * s.patch;                // [128], -1: none
  locate_pixels(s, row_tile * kWideRows, in_pixel, out_pixel);
  __syncthreads();

  const WideRings<Tile> rings{shared, shared + kWideStages * Tile::kStageBytes, in_pixel, first_column, pitch, s.patch * pitch};
  WideWarp<Tile> warp(s, pitch);
  WideCursor loading, computing;
  const int32_t steps = s.first_tap[s.streams] * (s.channels / kDepth);
#pragma unroll
  for (int32_t stage = 0; stage < kWideStages - 1; ++stage) {
    if (stage < steps) rings.load(s, in, weight, loading, stage);
    gpu::cp_async_commit();
    loading.advance(s, kDepth);
  }
  for (int32_t step = 0; step < steps; ++step) {
    gpu::cp_async_wait<kWideStages - 2>();
    if constexpr (Fused) {
      if (fusion.scale != nullptr && computing.starts_patch(s)) rings.transform(s, fusion, computing);
    }
    __syncthreads();  // every thread's copies of this step; what the step before used is free
    if (step + kWideStages - 1 < steps) rings.load(s, in, weight, loading, (step + kWideStages - 1) % kWideStages);
    gpu::cp_async_commit();
    loading.advance(s, kDepth);
    warp.multiply(rings.patch(computing) + s.tap_shift[computing.tap] * pitch, pitch, rings.stage(step));
    computing.advance(s, kDepth);
  }
  gpu::cp_async_wait<0>();
  __syncthreads();

  // Through shared memory, so that rows of outputs are written 16 bytes at a time and columns can be summed.
  warp.stage_sums(shared, s.out_c, first_column, fusion.bias);
  __syncthreads();
  store_wide_tile<Tile::kColumns, Fused>(s, shared, out_pixel, row_tile, first_column, out, fusion,
                                         reinterpret_cast<float4*>(shared + Tile::kOutputBytes));
}

}  // namespace oct::cuda
