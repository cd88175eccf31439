// Register tiles of the weight gradient: sums over the outputs of a strip, for one row of taps. Lanes are output channels.
#pragma once
#include "grouped_conv_tile.h"

OCT_KERNEL_BEGIN

/// Zero positions before and after a row of dy in its strip, so that the tiles of packed groups know no row ends.
constexpr int64_t kGradientMargin = 2;

/// Strips of x, at the row of taps of interest, and of dy. Distances are in words.
struct GradientInput {
  const float* x;
  int64_t x_row;       ///< between the inputs of neighbouring output rows
  int64_t x_position;  ///< between the inputs of neighbouring positions
  const float* dy;     ///< at position 0
  int64_t dy_row, dy_position;
  int64_t rows, positions;
  const vi* permutation;  ///< packed groups: lane -> input channel of the plane, for each channel of a group
};

static inline void add_to(float* sum, vf value) { store(sum, load(sum) + value); }

/// Packed groups, three neighbouring taps, positions one pixel apart: each permuted x meets the dy of all three taps.
template <int Channels, class Op>
static void packed_gradient_step1(const GradientInput& in, float* partial) {
  vf sum[3][Channels] = {};
  for (int64_t p = 0; p < in.rows; ++p) {
    const float* x = in.x + p * in.x_row;
    const float* dy = in.dy + p * in.dy_row;
    for (int64_t j = 0; j < in.positions + 2; ++j, x += kLanes, dy += kLanes) {
      const vf value = load(x);
#pragma GCC unroll 8
      for (int c = 0; c < Channels; ++c) {
        const vf one = __builtin_shuffle(value, in.permutation[c]);
#pragma GCC unroll 3
        for (int s = 0; s < 3; ++s) sum[s][c] = Op::multiply_add(sum[s][c], one, load(dy - s * kLanes));
      }
    }
  }
#pragma GCC unroll 3
  for (int s = 0; s < 3; ++s) {
#pragma GCC unroll 8
    for (int c = 0; c < Channels; ++c) add_to(partial + (s * Channels + c) * kLanes, sum[s][c]);
  }
}

/// The same, positions two pixels apart: even pixels serve the outer taps, odd ones the middle tap.
template <int Channels, class Op>
static void packed_gradient_step2(const GradientInput& in, float* partial) {
  vf sum[3][Channels] = {};
  for (int64_t p = 0; p < in.rows; ++p) {
    const float* x = in.x + p * in.x_row;
    const float* dy = in.dy + p * in.dy_row;
    for (int64_t i = 0; i < in.positions; ++i, x += 2 * kLanes, dy += kLanes) {
      const vf even = load(x), odd = load(x + kLanes);
      const vf here = load(dy), before = load(dy - kLanes);
#pragma GCC unroll 8
      for (int c = 0; c < Channels; ++c) {
        const vf outer = __builtin_shuffle(even, in.permutation[c]);
        sum[0][c] = Op::multiply_add(sum[0][c], outer, here);
        sum[2][c] = Op::multiply_add(sum[2][c], outer, before);
        sum[1][c] = Op::multiply_add(sum[1][c], __builtin_shuffle(odd, in.permutation[c]), here);
      }
    }
    const vf even = load(x), before = load(dy - kLanes);
#pragma GCC unroll 8
    for (int c = 0; c < Channels; ++c) sum[2][c] = Op::multiply_add(sum[2][c], __builtin_shuffle(even, in.permutation[c]), before);
  }
#pragma GCC unroll 3
  for (int s = 0; s < 3; ++s) {
#pragma GCC unroll 8
    for (int c = 0; c < Channels; ++c) add_to(partial + (s * Channels + c) * kLanes, sum[s][c]);
  }
}

/// Packed groups, one tap.
template <int Channels, class Op>
static void packed_gradient_any(const GradientInput& in, float* partial) {
  vf sum[Channels] = {};
  for (int64_t p = 0; p < in.rows; ++p) {
    const float* x = in.x + p * in.x_row;
    const float* dy = in.dy + p * in.dy_row;
    for (int64_t q = 0; q < in.positions; ++q, x += in.x_position, dy += kLanes) {
      const vf value = load(x), here = load(dy);
#pragma GCC unroll 8
      for (int c = 0; c < Channels; ++c) sum[c] = Op::multiply_add(sum[c], __builtin_shuffle(value, in.permutation[c]), here);
    }
  }
#pragma GCC unroll 8
  for (int c = 0; c < Channels; ++c) add_to(partial + c * kLanes, sum[c]);
}

/// One row of taps of packed groups; `tap_delta` words between taps.
template <class Op>
static void accumulate_packed_row(const GradientInput& in, int64_t channels, int64_t taps, int64_t tap_delta, float* partial) {
  const auto run = [&](auto constant) {
    constexpr int kChannels = decltype(constant)::kValue;
    if (taps == 3 && tap_delta == kLanes && in.x_position == kLanes) {
      packed_gradient_step1<kChannels, Op>(in, partial);
    } else if (taps == 3 && tap_delta == kLanes && in.x_position == 2 * kLanes) {
      packed_gradient_step2<kChannels, Op>(in, partial);
    } else {
      for (int64_t s = 0; s < taps; ++s) {
        GradientInput tap = in;
        tap.x += s * tap_delta;
        packed_gradient_any<kChannels, Op>(tap, partial + s * kChannels * kLanes);
      }
    }
  };
  switch (channels) {
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
static void broadcast_gradient(const GradientInput& in, int64_t block_words, float* partial) {
  vf sum[Tile][Blocks] = {};
  for (int64_t p = 0; p < in.rows; ++p) {
    const float* x = in.x + p * in.x_row;
    const float* dy = in.dy + p * in.dy_row;
    for (int64_t q = 0; q < in.positions; ++q, x += in.x_position, dy += in.dy_position) {
      vf here[Blocks];
#pragma GCC unroll 2
      for (int b = 0; b < Blocks; ++b) here[b] = load(dy + b * kLanes);
#pragma GCC unroll 16
      for (int t = 0; t < Tile; ++t) {
        const vf value = broadcast_word(x + t);
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
static void accumulate_run(const GradientInput& in, int64_t words, int64_t block_words, float* partial) {
  constexpr int kLong = kLanes == 16 ? (Blocks == 2 ? 12 : 16) : (Blocks == 2 ? 6 : 8);
  int64_t done = 0;
  const auto run = [&](auto tile) {
    constexpr int kTile = decltype(tile)::kValue;
    for (; done + kTile <= words; done += kTile) {
      GradientInput part = in;
      part.x += done;
      broadcast_gradient<kTile, Blocks, Op>(part, block_words, partial + done * kLanes);
    }
  };
  run(Constant<kLong>{});
  run(Constant<4>{});
  run(Constant<2>{});
  run(Constant<1>{});
}

/// One row of taps of one group; `tap_delta` words between taps.
template <class Op>
static void accumulate_broadcast_row(const GradientInput& in, int64_t channels, int64_t taps, int64_t tap_delta, int64_t blocks,
                                     int64_t block_words, float* partial) {
  // Taps at neighbouring pixels follow each other in memory: the taps of a row are one run of taps * channels words.
  const int64_t runs = tap_delta == channels ? 1 : taps;
  const int64_t words = taps * channels / runs;
  for (int64_t i = 0; i < runs; ++i) {
    GradientInput run = in;
    run.x += i * tap_delta;
    if (blocks == 2) {
      accumulate_run<2, Op>(run, words, block_words, partial + i * words * kLanes);
    } else {
      accumulate_run<1, Op>(run, words, block_words, partial + i * words * kLanes);
    }
  }
}

OCT_KERNEL_END
