// Register tiles of the grouped convolution: Tile neighboring outputs of one row times one or two registers of sums, over all taps. The
// order of the additions does not depend on the tile's length, so a result does not depend on the tile that computes it.
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

/// How input words meet the weights' lanes.
struct BroadcastLoad {
  static vf at(const float* word) {
    uint32_t bits;
    __builtin_memcpy(&bits, word, 4);
    return reinterpret_cast<vf>(bits - vu{});
  }
};
struct RegisterLoad {
  static vf at(const float* words) { return load(words); }
};

/// How a tile reads its input and the weights; distances are in words. Each of `rows` row taps has `runs` runs of `length` steps. The
/// addresses of input, weights and output are separate arguments: a copy of the struct per tile would be loaded wide right after narrow
/// stores, which stalls until all earlier stores are in the cache.
struct TileInput {
  const float* x;        ///< first tap of the tile's first output
  int64_t output_step;   ///< between the inputs of neighboring outputs
  int64_t weight_block;  ///< between the weights of the two registers of sums
  int64_t rows, row_x, row_weight;
  int64_t runs, run_x, run_weight;
  int64_t length, step_x, step_weight;
};

/// sum[t][b] = over all taps, input of output t times weight of register b. Step: the output_step, or 0 if the compiler does not know it.
template <int Tile, int Sums, int Step, class Load, class Op>
__attribute__((always_inline)) static inline void sum_taps(const TileInput& in, const float* input, const float* weights,
                                                           vf (&sum)[Tile][Sums]) {
  const int64_t step = Step != 0 ? Step : in.output_step;
  vf total[Tile][Sums] = {};
  for (int64_t r = 0; r < in.rows; ++r) {
    for (int64_t s = 0; s < in.runs; ++s) {
      const float* x = input + r * in.row_x + s * in.run_x;
      const float* w = weights + r * in.row_weight + s * in.run_weight;
      for (int64_t d = 0; d < in.length; ++d, x += in.step_x, w += in.step_weight) {
        vf weight[Sums];
#pragma GCC unroll 2
        for (int b = 0; b < Sums; ++b) weight[b] = load(w + b * in.weight_block);
#pragma GCC unroll 16
        for (int t = 0; t < Tile; ++t) {
          vf value = Load::at(x + t * step);
          if constexpr (Sums > 1) asm("" : "+v"(value));  // one load, not one for each sum
#pragma GCC unroll 2
          for (int b = 0; b < Sums; ++b) total[t][b] = Op::multiply_add(total[t][b], value, weight[b]);
        }
      }
    }
  }
#pragma GCC unroll 16
  for (int t = 0; t < Tile; ++t) {
#pragma GCC unroll 2
    for (int b = 0; b < Sums; ++b) sum[t][b] = total[t][b];
  }
}

/// How a tile writes: `pixel_step` elements between outputs; register b has lanes[b] channels and gets bias[b] added.
template <class T>
struct TileOutput {
  int64_t pixel_step;
  int64_t lanes[2];
  vf bias[2];
};

/// Fetches the lines of a tile's outputs while it is computed: neighboring outputs lie C or more elements apart, which hardware does not
/// foresee, and stores that wait for their lines hold up all later ones.
template <int Tile, int Registers, class T>
static inline void fetch_outputs(const T* y, int64_t pixel_step) {
#pragma GCC unroll 16
  for (int t = 0; t < Tile; ++t) {
#pragma GCC unroll 2
    for (int b = 0; b < Registers; ++b) {
      if (b == 0 || sizeof(T) * kLanes == 64) __builtin_prefetch(y + t * pixel_step + b * kLanes, 1);
    }
  }
}

template <class T>
static inline void store_lanes(T* to, vf value, int64_t lanes) {
  if (__builtin_expect(lanes == kLanes, 1)) {
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

/// One group a plane: each input word is broadcast to all lanes of one or two registers of output channels.
template <int Tile, int Blocks, int Step, class Op, class T>
__attribute__((noinline)) static void broadcast_tile(const TileInput& in, const float* x, const float* weights, const TileOutput<T>& out,
                                                     T* y) {
  fetch_outputs<Tile, Blocks>(y, out.pixel_step);
  vf sum[Tile][Blocks];
  sum_taps<Tile, Blocks, Step, BroadcastLoad, Op>(in, x, weights, sum);
#pragma GCC unroll 2
  for (int b = 0; b < Blocks; ++b) {
#pragma GCC unroll 16
    for (int t = 0; t < Tile; ++t) store_lanes(y + t * out.pixel_step + b * kLanes, sum[t][b] + out.bias[b], out.lanes[b]);
  }
}

/// Lanes of packed groups of `group` channels in `depth` words: lane l is word l % depth of group l / depth.
struct PackedLanes {
  int64_t group, depth;
  vi exchange[8];    ///< lane l <- lane l ^ m
  vi interleave[2];  ///< depth = group / 2: channels kLanes i and up from the sums of the groups' lower (0..) and upper (kLanes..) halves

  PackedLanes(int64_t channels, int64_t words) : group(channels), depth(words), exchange{}, interleave{} {
    for (int32_t lane = 0; lane < kLanes; ++lane) {
      for (int32_t m = 0; m < 8; ++m) exchange[m][lane] = (lane ^ m) % kLanes;
      for (int32_t i = 0; i < 2; ++i) {
        const int64_t channel = lane + i * kLanes, in_group = channel % group;
        interleave[i][lane] = static_cast<int32_t>(in_group / depth * kLanes + channel / group * depth + in_group % depth);
      }
    }
  }
};

/// Packed groups. A plane's words are multiplied lane by lane: sum m takes word b of each group to the group's output
/// m / depth * depth + (b ^ m % depth), so that the lanes that belong to one output meet when sum m is exchanged by m, once a tile. Nothing
/// is shuffled in the loop over the taps.
template <int Tile, int Sums, int Step, class Op, class T>
__attribute__((noinline)) static void packed_tile(const TileInput& in, const float* x, const float* weights, const PackedLanes& lanes,
                                                  const TileOutput<T>& out, T* y) {
  fetch_outputs<Tile, 1>(y, out.pixel_step);
  vf result[Tile];
#pragma GCC unroll 16
  for (int t = 0; t < Tile; ++t) result[t] = vf{};
  for (int64_t m = 0; m < lanes.group; m += Sums, weights += Sums * kLanes) {
    vf sum[Tile][Sums];
    sum_taps<Tile, Sums, Step, RegisterLoad, Op>(in, x, weights, sum);
    const vi next = lanes.exchange[1], exchange = lanes.exchange[m];
#pragma GCC unroll 16
    for (int t = 0; t < Tile; ++t) {
      vf pair = sum[t][0];
      if constexpr (Sums == 2) pair += __builtin_shuffle(sum[t][1], next);
      result[t] = m == 0 ? pair : result[t] + __builtin_shuffle(pair, exchange);
    }
  }
#pragma GCC unroll 16
  for (int t = 0; t < Tile; ++t) store_lanes(y + t * out.pixel_step, result[t] + out.bias[0], out.lanes[0]);
}

#if defined(__AVX512BF16__)
/// The same with two channels a word: a plane has two registers of outputs, the lower and the upper halves of its groups, which are
/// interleaved at last.
template <int Tile, int Step, class T>
__attribute__((noinline)) static void packed_pairs_tile(const TileInput& in, const float* x, const float* weights, const PackedLanes& lanes,
                                                        const TileOutput<T>& out, T* y) {
  fetch_outputs<Tile, 2>(y, out.pixel_step);
  vf half[2][Tile];
#pragma GCC unroll 16
  for (int t = 0; t < Tile; ++t) half[0][t] = half[1][t] = vf{};
  for (int64_t m = 0; m < lanes.group; m += 2, weights += 2 * kLanes) {
    vf sum[Tile][2];
    sum_taps<Tile, 2, Step, RegisterLoad, PairWords>(in, x, weights, sum);
    const vi next = lanes.exchange[1], exchange = lanes.exchange[m % lanes.depth];
    vf* to = half[m / lanes.depth];
    if (lanes.depth == 1) {  // both halves at once
#pragma GCC unroll 16
      for (int t = 0; t < Tile; ++t) {
        half[0][t] = sum[t][0];
        half[1][t] = sum[t][1];
      }
    } else if (m % lanes.depth == 0) {
#pragma GCC unroll 16
      for (int t = 0; t < Tile; ++t) to[t] = sum[t][0] + __builtin_shuffle(sum[t][1], next);
    } else {
#pragma GCC unroll 16
      for (int t = 0; t < Tile; ++t) to[t] += __builtin_shuffle(sum[t][0] + __builtin_shuffle(sum[t][1], next), exchange);
    }
  }
  for (int i = 0; i < 2; ++i) {
    const __m512i interleave = reinterpret_cast<__m512i>(lanes.interleave[i]);
#pragma GCC unroll 16
    for (int t = 0; t < Tile; ++t) {
      const vf mixed = _mm512_permutex2var_ps(half[0][t], interleave, half[1][t]);
      store_lanes(y + t * out.pixel_step + i * kLanes, mixed + out.bias[i], out.lanes[i]);
    }
  }
}
#endif

// Tile lengths: 14 divides the rows of a network for 224 pixels; its 14 or 28 sums fill the 32 registers of AVX-512. Others have 16.
constexpr int kLongTile = kLanes == 16 ? 14 : 7;
constexpr int kMiddleTile = kLanes == 16 ? 7 : 4;
/// With two registers of sums an output.
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
