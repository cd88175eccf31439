// backward_weight of a grouped convolution with 32 and more channels per group, 3x3, bf16.
#pragma once
#include "grouped_conv_weight/stream.cuh"

namespace oct::cuda {

constexpr int kWideThreads = 384;

// What a block owns: `Groups` whole groups, or a tile of one group; for each group KCells x CCells cells of WarpK channels of dy by WarpC
// of x. Four cells in all, and a warp for each cell and filter row.
template <int WarpK_, int WarpC_, int KCells_, int CCells_, int Groups_>
struct WideTile {
  static constexpr int WarpK = WarpK_, WarpC = WarpC_, KCells = KCells_, CCells = CCells_, Groups = Groups_;
  static constexpr int K = WarpK * KCells * Groups, C = WarpC * CCells * Groups;
  static_assert(KCells * CCells * Groups == 4 && WarpK % 16 == 0 && WarpC % 8 == 0);
  using Rings = PixelRings<kWideThreads, C, K>;
};

// Stores a warp's sums of the three taps of filter row r; k, c: the cell's first channels within the tile, of which k_count and c_count
// exist; to: dweight at the tile's first channel of x. Rows of d are lane / 4 and 8 more, columns 2 (lane % 4) and the next. Channels come
// in eights, so a pair exists or does not.
template <int Rows, int Columns>
GPU_INLINE void store_taps(const float (&d)[3][Rows][Columns][4], int32_t r, int32_t k, int32_t k_count, int32_t c, int32_t c_count,
                           int64_t first_k, int32_t channels, float* to) {
  const int32_t lane = static_cast<int32_t>(gpu::lane());
#pragma unroll
  for (int32_t i = 0; i < Rows * 2; ++i) {
    const int32_t row = k + i / 2 * 16 + i % 2 * 8 + lane / 4;
    if (row >= k_count) continue;
#pragma unroll
    for (int32_t s = 0; s < 3; ++s) {
      float* tap = to + ((first_k + row) * 9 + r * 3 + s) * channels;
#pragma unroll
      for (int32_t j = 0; j < Columns; ++j) {
        const int32_t column = j * 8 + lane % 4 * 2;
        if (c + column >= c_count) continue;
        const float* sums = d[s][i / 2][j] + i % 2 * 2;
        gpu::store8(tap + column, {__float_as_uint(sums[0]), __float_as_uint(sums[1])});
      }
    }
  }
}

// Block (tile, split). Products are m16n8k16 with the pixels as the sum: dy^T by x, both through ldmatrix.trans; a warp keeps the three
// taps of its filter row in registers, 96 or 108 sums per lane, so that dy's fragments serve three products. partial [splits][pitch] holds
// one dweight [K,3,3,C/G] each. Bound: the tensor cores; one ldmatrix for three products keeps shared memory just below them.
template <class Tile>
__global__ void __launch_bounds__(kWideThreads, 1)
    grouped_conv_backward_weight_wide_groups(const gpu::bf16* x, const gpu::bf16* dy, PixelStreams s, float* partial, int64_t pitch) {
  using Rings = typename Tile::Rings;
  GPU_SHARED(int32_t, table, [2][(kMaxStreams + 1) * kStagePixels]);
  unsigned char* shared = gpu::dynamic_shared<unsigned char>();
  const Rings rings{shared, shared + s.streams * s.ring * Rings::kInputPitch, table};
  const int32_t lane = static_cast<int32_t>(gpu::lane()), warp = static_cast<int32_t>(threadIdx.x) / 32;
  const int32_t first = static_cast<int32_t>(static_cast<int64_t>(s.stages) * blockIdx.y / gridDim.y);
  const int32_t end = static_cast<int32_t>(static_cast<int64_t>(s.stages) * (blockIdx.y + 1) / gridDim.y);

  // The tile's first channels within x and dy, and how many of them exist.
  const int32_t k_tiles = Tile::Groups > 1 ? 1 : gpu::ceil_div(s.filters, Tile::K);
  const int32_t c_tiles = Tile::Groups > 1 ? 1 : gpu::ceil_div(s.channels, Tile::C);
  const int32_t tile = static_cast<int32_t>(blockIdx.x);
  const int32_t group = tile / (k_tiles * c_tiles) * Tile::Groups;
  const int32_t k_in_group = tile / c_tiles % k_tiles * Tile::K, c_in_group = tile % c_tiles * Tile::C;
  const int32_t k_count = Tile::Groups > 1 ? s.k - group * s.filters : s.filters - k_in_group;
  const int32_t c_count = Tile::Groups > 1 ? s.c - group * s.channels : s.channels - c_in_group;

  const int32_t r = warp / 4, cell = warp % 4;
  const int32_t cell_group = cell / (Tile::KCells * Tile::CCells);
  const int32_t cell_k = (cell / Tile::CCells % Tile::KCells) * Tile::WarpK, cell_c = cell % Tile::CCells * Tile::WarpC;
  const int32_t tile_k = cell_group * Tile::KCells * Tile::WarpK + cell_k, tile_c = cell_group * Tile::CCells * Tile::WarpC + cell_c;

  // Lane 8 i + j addresses pixel j of matrix i. dy: i % 2 is the half of the 16 channels, i / 2 that of the pixels; x: the reverse.
  const int32_t gradient_at = ((lane >> 4) * 8 + (lane & 7)) * Rings::kGradientPitch + (tile_k + (lane >> 3 & 1) * 8) * 2;
  const int32_t pixel = (lane >> 3 & 1) * 8 + (lane & 7);
  int32_t shift[3];
  int32_t stream[3];
#pragma unroll
  for (int32_t c = 0; c < 3; ++c) {
    shift[c] = pixel + r / s.stride_h * s.row + c / s.stride_w;
    stream[c] = (r % s.stride_h * s.stride_w + c % s.stride_w) * s.ring * Rings::kInputPitch + tile_c * 2;
  }

  constexpr int kRows = Tile::WarpK / 16, kColumns = Tile::WarpC / 8;
  const int32_t second_chunk = (lane >> 4) * 16;
  float d[3][kRows][kColumns][4] = {};
  const int64_t first_c = static_cast<int64_t>(group) * s.channels + c_in_group;
  const int64_t first_k = static_cast<int64_t>(group) * s.filters + k_in_group;
  rings.walk(s, first, end - first, x + first_c, c_count, dy + first_k, k_count, [&](int32_t input_at, const unsigned char* gradient) {
#pragma unroll 1  // unrolled, the addresses of both steps do not fit beside the sums
    for (int32_t step = 0; step < kStagePixels / 16; ++step) {
      uint32_t a[kRows][4];
#pragma unroll
      for (int32_t i = 0; i < kRows; ++i) gpu::ldmatrix_x4<true>(a[i], gradient + gradient_at + step * 16 * Rings::kGradientPitch + i * 32);
#pragma unroll
      for (int32_t c = 0; c < 3; ++c) {
        const unsigned char* pixels = rings.input + stream[c] + ring_position(input_at + step * 16 + shift[c], s.ring) * Rings::kInputPitch;
#pragma unroll
        for (int32_t j = 0; j + 1 < kColumns; j += 2) {
          uint32_t b[4];
          gpu::ldmatrix_x4<true>(b, pixels + second_chunk + j * 16);
#pragma unroll
          for (int32_t i = 0; i < kRows; ++i) {
            gpu::mma_bf16(d[c][i][j], a[i], {b[0], b[1]});
            gpu::mma_bf16(d[c][i][j + 1], a[i], {b[2], b[3]});
          }
        }
        if constexpr (kColumns % 2 != 0) {
          uint32_t b[2];
          gpu::ldmatrix_x2<true>(b, pixels + (kColumns - 1) * 16);
#pragma unroll
          for (int32_t i = 0; i < kRows; ++i) gpu::mma_bf16(d[c][i][kColumns - 1], a[i], b);
        }
      }
    }
  });

  store_taps(d, r, tile_k, k_count, tile_c, c_count, first_k, s.channels, partial + blockIdx.y * pitch + c_in_group + cell_c);
}

}  // namespace oct::cuda
