// Register tiles of the grouped convolution: T neighbouring outputs of one row, one or two registers of output channels each, summed over
// all taps and input channels in the order (row tap, column tap, channel), so a result does not depend on the tile that computes it.
#pragma once
#include "grouped_conv_pack.h"

OCT_KERNEL_BEGIN

/// sum + a b on words that are floats.
struct FloatWords {
  static vf multiply_add(vf sum, vf a, vf b) { return sum + a * b; }
};
#if defined(__AVX512BF16__)
/// sum + the products of both bf16 halves of the words; denormals count as 0.
struct PairWords {
  static vf multiply_add(vf sum, vf a, vf b) { return _mm512_dpbf16_ps(sum, reinterpret_cast<__m512bh>(a), reinterpret_cast<__m512bh>(b)); }
};
constexpr bool kPairWords = true;
#else
using PairWords = FloatWords;
constexpr bool kPairWords = false;
#endif

/// Where a tile reads. Distances are in words.
struct TileInput {
  const float* x;         ///< tap (0,0) of the tile's first output
  int64_t output_step;    ///< between the inputs of neighbouring outputs
  int64_t row_delta;      ///< between row taps
  int64_t column_delta;   ///< between column taps
  const float* weight;    ///< of tap (0,0)
  int64_t weight_row;     ///< between row taps; may be negative
  int64_t weight_column;  ///< between column taps; may be negative
  int64_t weight_block;   ///< between the registers of output channels
  int64_t row_taps, column_taps;
  int64_t depth;          ///< words of a tap that one output needs
  const vi* permutation;  ///< packed groups: lane -> word of the plane, for each of `depth`
  int64_t pixel_words;    ///< between neighbouring pixels
};

/// Where a tile writes: `pixel_step` elements between outputs; register b has lanes[b] channels. bias (or null) is that of lane 0.
template <class T>
struct TileOutput {
  T* y;
  int64_t pixel_step;
  int64_t lanes[2];
  const float* bias;
};

/// All lanes = the 32 bits at `word`, whatever they hold.
static inline vf broadcast_word(const float* word) {
  uint32_t bits;
  __builtin_memcpy(&bits, word, 4);
  return reinterpret_cast<vf>(bits - vu{});
}

template <class T>
static inline void store_lanes(T* to, vf value, int64_t lanes) {
  if (lanes == kLanes) {
    store(to, value);
  } else {
    T part[kLanes];
    store(part, value);
    for (int64_t lane = 0; lane < lanes; ++lane) to[lane] = part[lane];
  }
}

static inline vf load_lanes(const float* from, int64_t lanes) {
  float part[kLanes] = {};
  for (int64_t lane = 0; lane < lanes; ++lane) part[lane] = from[lane];
  return load(part);
}

template <int Tile, int Blocks, class T>
static inline void store_tile(const vf (&sum)[Tile][Blocks], const TileOutput<T>& out) {
#pragma GCC unroll 2
  for (int b = 0; b < Blocks; ++b) {
    const vf bias = out.bias == nullptr ? vf{} : load_lanes(out.bias + b * kLanes, out.lanes[b]);
#pragma GCC unroll 16
    for (int t = 0; t < Tile; ++t) store_lanes(out.y + t * out.pixel_step + b * kLanes, sum[t][b] + bias, out.lanes[b]);
  }
}

/// Packed groups, `Taps` column taps at consecutive pixels, outputs `Step` pixels apart: a permuted input register serves all the taps
/// that reach it. One permutation feeds up to Taps multiply-adds; both issue from different ports.
template <int Tile, int Taps, int Step, class Op, class T>
static void packed_tile(const TileInput& in, const TileOutput<T>& out) {
  vf sum[Tile][1] = {};
  for (int64_t r = 0; r < in.row_taps; ++r) {
    const float* x = in.x + r * in.row_delta;
    const float* w = in.weight + r * in.weight_row;
    for (int64_t d = 0; d < in.depth; ++d, w += kLanes) {
      const vi permutation = in.permutation[d];
      vf weight[Taps];
#pragma GCC unroll 3
      for (int s = 0; s < Taps; ++s) weight[s] = load(w + s * in.weight_column);
#pragma GCC unroll 40
      for (int j = 0; j < (Tile - 1) * Step + Taps; ++j) {
        const vf value = __builtin_shuffle(load(x + j * in.pixel_words), permutation);
#pragma GCC unroll 3
        for (int s = 0; s < Taps; ++s) {
          if (j >= s && (j - s) % Step == 0 && (j - s) / Step < Tile) {
            sum[(j - s) / Step][0] = Op::multiply_add(sum[(j - s) / Step][0], value, weight[s]);
          }
        }
      }
    }
  }
  store_tile<Tile, 1>(sum, out);
}

/// Packed groups, any column taps, outputs any distance apart.
template <int Tile, class Op, class T>
static void packed_tile_any(const TileInput& in, const TileOutput<T>& out) {
  vf sum[Tile][1] = {};
  for (int64_t r = 0; r < in.row_taps; ++r) {
    // The order over taps is that of packed_tile: channels outside, taps inside.
    for (int64_t d = 0; d < in.depth; ++d) {
      const vi permutation = in.permutation[d];
      for (int64_t s = 0; s < in.column_taps; ++s) {
        const float* x = in.x + r * in.row_delta + s * in.column_delta;
        const vf weight = load(in.weight + r * in.weight_row + s * in.weight_column + d * kLanes);
#pragma GCC unroll 16
        for (int t = 0; t < Tile; ++t) {
          sum[t][0] = Op::multiply_add(sum[t][0], __builtin_shuffle(load(x + t * in.output_step), permutation), weight);
        }
      }
    }
  }
  store_tile<Tile, 1>(sum, out);
}

/// One group a plane: each input word is broadcast to all lanes of one or two registers of output channels.
template <int Tile, int Blocks, class Op, class T>
static void broadcast_tile(const TileInput& in, const TileOutput<T>& out) {
  vf sum[Tile][Blocks] = {};
  for (int64_t r = 0; r < in.row_taps; ++r) {
    for (int64_t s = 0; s < in.column_taps; ++s) {
      const float* x = in.x + r * in.row_delta + s * in.column_delta;
      const float* w = in.weight + r * in.weight_row + s * in.weight_column;
      for (int64_t d = 0; d < in.depth; ++d, ++x, w += kLanes) {
        vf weight[Blocks];
#pragma GCC unroll 2
        for (int b = 0; b < Blocks; ++b) weight[b] = load(w + b * in.weight_block);
#pragma GCC unroll 16
        for (int t = 0; t < Tile; ++t) {
          const vf value = broadcast_word(x + t * in.output_step);
#pragma GCC unroll 2
          for (int b = 0; b < Blocks; ++b) sum[t][b] = Op::multiply_add(sum[t][b], value, weight[b]);
        }
      }
    }
  }
  store_tile<Tile, Blocks>(sum, out);
}

// Tile lengths: 14 divides the rows of a network for 224 pixels; its 14 or 28 sums fill the 32 registers of AVX-512. Others have 16.
constexpr int kLongTile = kLanes == 16 ? 14 : 7;
constexpr int kMiddleTile = kLanes == 16 ? 7 : 4;
/// With two registers of output channels.
constexpr int kLongPairTile = kLanes == 16 ? 14 : 6;
constexpr int kMiddlePairTile = kLanes == 16 ? 7 : 4;

/// Calls run(tile length as a constant, first output) on tiles that cover [0, count). The last tile overlaps the one before it rather
/// than being shorter: it computes the same values again.
template <int Long, int Middle, class Run>
static inline void cover_row(int64_t count, const Run& run) {
  const auto cover = [&](auto tile) {
    constexpr int kTile = decltype(tile)::kValue;
    for (int64_t i = 0; i < count; i += kTile) run(tile, min_of(i, count - kTile));
  };
  // A tile costs its outputs and about two more for its start and end.
  const int64_t cost_long = ceil_div(count, Long) * (Long + 2);
  const int64_t cost_middle = ceil_div(count, Middle) * (Middle + 2);
  if (count >= Long && cost_long <= cost_middle) {
    cover(Constant<Long>{});
  } else if (count >= Middle) {
    cover(Constant<Middle>{});
  } else if (count >= 4) {
    cover(Constant<4>{});
  } else if (count >= 2) {
    cover(Constant<2>{});
  } else if (count == 1) {
    cover(Constant<1>{});
  }
}

OCT_KERNEL_END
