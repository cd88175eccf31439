// Register tiles of the weight gradient: sums over the outputs of a strip, for one row of taps. Lanes are output channels.
#pragma once
#include "grouped_conv_tile.h"

OCT_KERNEL_BEGIN

/// How strips of x and dy are walked; distances are in words. The address of x, at the taps of interest, is handed over apart (see
/// TileInput).
struct GradientInput {
  int64_t x_row;       ///< between the inputs of neighboring output rows
  int64_t x_position;  ///< between the inputs of neighboring positions
  const float* dy;     ///< at position 0
  int64_t dy_row, dy_position;
  int64_t rows, positions;
};

static inline void add_to(float* sum, vf value) { store(sum, load(sum) + value); }

/// Packed groups of Channels channels, Taps taps `tap_delta` words apart: sum [s][m] of lane l is the gradient of the weight from input
/// channel l to output channel l ^ m. An exchanged register of dy serves all taps.
template <int Channels, int Taps, class Op>
__attribute__((noinline)) static void packed_gradient(const GradientInput& in, const float* input, const vi* exchange, int64_t tap_delta,
                                                      float* partial) {
  vf sum[Taps][Channels] = {};
  for (int64_t p = 0; p < in.rows; ++p) {
    const float* x = input + p * in.x_row;
    const float* dy = in.dy + p * in.dy_row;
    for (int64_t q = 0; q < in.positions; ++q, x += in.x_position, dy += kLanes) {
      const vf here = load(dy);
      vf value[Taps];
#pragma GCC unroll 3
      for (int s = 0; s < Taps; ++s) value[s] = load(x + s * tap_delta);
#pragma GCC unroll 8
      for (int m = 0; m < Channels; ++m) {
        const vf exchanged = m == 0 ? here : __builtin_shuffle(here, exchange[m]);
#pragma GCC unroll 3
        for (int s = 0; s < Taps; ++s) sum[s][m] = Op::multiply_add(sum[s][m], value[s], exchanged);
      }
    }
  }
#pragma GCC unroll 3
  for (int s = 0; s < Taps; ++s) {
#pragma GCC unroll 8
    for (int m = 0; m < Channels; ++m) add_to(partial + (s * Channels + m) * kLanes, sum[s][m]);
  }
}

/// One row of taps of packed groups; `tap_delta` words between taps.
template <class Op>
static void accumulate_packed_row(const GradientInput& in, const float* x, const PackedLanes& lanes, int64_t taps, int64_t tap_delta,
                                  float* partial) {
  const auto run = [&](auto constant) {
    constexpr int kChannels = decltype(constant)::kValue;
    int64_t s = 0;
    for (; s + 3 <= taps; s += 3) {
      packed_gradient<kChannels, 3, Op>(in, x + s * tap_delta, lanes.exchange, tap_delta, partial + s * kChannels * kLanes);
    }
    for (; s < taps; ++s) {
      packed_gradient<kChannels, 1, Op>(in, x + s * tap_delta, lanes.exchange, tap_delta, partial + s * kChannels * kLanes);
    }
  };
  switch (lanes.group) {
    case 1:
      return run(Constant<1>{});
    case 2:
      return run(Constant<2>{});
    case 4:
      return run(Constant<4>{});
    default:
      return run(Constant<8>{});
  }
}

/// One group a plane: Tile consecutive words of x (channels, and taps where they follow each other) times Blocks registers of dy.
template <int Tile, int Blocks, class Op>
__attribute__((noinline)) static void broadcast_gradient(const GradientInput& in, const float* input, int64_t block_words, float* partial) {
  vf sum[Tile][Blocks] = {};
  for (int64_t p = 0; p < in.rows; ++p) {
    const float* x = input + p * in.x_row;
    const float* dy = in.dy + p * in.dy_row;
    for (int64_t q = 0; q < in.positions; ++q, x += in.x_position, dy += in.dy_position) {
      vf here[Blocks];
#pragma GCC unroll 2
      for (int b = 0; b < Blocks; ++b) here[b] = load(dy + b * kLanes);
#pragma GCC unroll 16
      for (int t = 0; t < Tile; ++t) {
        const vf value = BroadcastLoad::at(x + t);
#pragma GCC unroll 2
        for (int b = 0; b < Blocks; ++b) sum[t][b] = Op::multiply_add(sum[t][b], value, here[b]);
      }
    }
  }
#pragma GCC unroll 16
  for (int t = 0; t < Tile; ++t) {
#pragma GCC unroll 2
    for (int b = 0; b < Blocks; ++b) add_to(partial + b * block_words + t * kLanes, sum[t][b]);
  }
}

template <int Blocks, class Op>
static void accumulate_run(const GradientInput& in, const float* x, int64_t words, int64_t block_words, float* partial) {
  constexpr int kLong = kLanes == 16 ? (Blocks == 2 ? 12 : 16) : (Blocks == 2 ? 6 : 8);
  int64_t done = 0;
  const auto run = [&](auto tile) {
    constexpr int kTile = decltype(tile)::kValue;
    for (; done + kTile <= words; done += kTile) {
      broadcast_gradient<kTile, Blocks, Op>(in, x + done, block_words, partial + done * kLanes);
    }
  };
  run(Constant<kLong>{});
  if constexpr (kLong > 8) run(Constant<8>{});
  run(Constant<4>{});
  run(Constant<2>{});
  run(Constant<1>{});
}

/// One row of taps of one group; `tap_delta` words between taps.
template <class Op>
static void accumulate_broadcast_row(const GradientInput& in, const float* x, int64_t channels, int64_t taps, int64_t tap_delta,
                                     int64_t blocks, int64_t block_words, float* partial) {
  // Taps at neighboring pixels follow each other in memory: the taps of a row are one run of taps * channels words.
  const int64_t runs = tap_delta == channels ? 1 : taps;
  const int64_t words = taps * channels / runs;
  for (int64_t i = 0; i < runs; ++i) {
    if (blocks == 2) {
      accumulate_run<2, Op>(in, x + i * tap_delta, words, block_words, partial + i * words * kLanes);
    } else {
      accumulate_run<1, Op>(in, x + i * tap_delta, words, block_words, partial + i * words * kLanes);
    }
  }
}

OCT_KERNEL_END
