// Copies of weights in the order in which the tile kernels read them: [tap][word][kLanes] for each register of output channels.
#pragma once
#include "grouped_conv_plan.h"

OCT_KERNEL_BEGIN

/// Which value of weight [K,R,S,C/G] joins input channel `in` of a group with output `out` of the pass; backward_data has the columns of
/// the weight as outputs, and takes the taps from the last to the first.
struct WeightOrder {
  int64_t taps;           ///< R S
  int64_t group_columns;  ///< C/G
  int64_t group_rows;     ///< K/G
  bool transposed;        ///< backward_data

  int64_t index(int64_t out, int64_t in) const {
    if (!transposed) return out * taps * group_columns + in;
    return (out / group_columns * group_rows + in) * taps * group_columns + out % group_columns;
  }
  int64_t in_step() const { return transposed ? taps * group_columns : 1; }
  int64_t tap(int64_t packed_tap) const { return (transposed ? taps - 1 - packed_tap : packed_tap) * group_columns; }
};

/// Where the lanes of a register come from: an index into the weight, or none for lanes that stay zero.
struct LaneSources {
  int64_t index[kLanes];
  bool used[kLanes];
};

static inline void gather_words(const float* weight, const LaneSources& from, int64_t offset, int64_t, bool, bool, float* to) {
  for (int64_t lane = 0; lane < kLanes; ++lane) to[lane] = from.used[lane] ? weight[from.index[lane] + offset] : 0.0f;
}

/// As floats, or as pairs of the values at `offset` (low half) and `pair_step` further, the latter zero unless `full`.
static inline void gather_words(const bf16* weight, const LaneSources& from, int64_t offset, int64_t pair_step, bool pairs, bool full,
                                float* to) {
  for (int64_t lane = 0; lane < kLanes; ++lane) {
    uint32_t word = from.used[lane] ? weight[from.index[lane] + offset].bits : 0u;
    if (!pairs) {
      word <<= 16;
    } else if (full && from.used[lane]) {
      word |= static_cast<uint32_t>(weight[from.index[lane] + offset + pair_step].bits) << 16;
    }
    __builtin_memcpy(to + lane, &word, 4);
  }
}

/// One register of output channels of a group: word d of a tap holds input channel d, or the channels 2d and 2d+1.
template <class T>
static void pack_weight_block(const T* weight, const WeightOrder& order, const Planes& planes, int64_t plane, int64_t block, int64_t depth,
                              bool pairs, float* packed) {
  LaneSources sources{};
  for (int64_t lane = 0; lane < planes.out_size(plane, block); ++lane) {
    sources.used[lane] = true;
    sources.index[lane] = order.index(planes.out_first(plane, block) + lane, 0);
  }
  const int64_t step = order.in_step();
  for (int64_t tap = 0; tap < order.taps; ++tap) {
    for (int64_t d = 0; d < depth; ++d, packed += kLanes) {
      const int64_t in = pairs ? 2 * d : d;
      gather_words(weight, sources, order.tap(tap) + in * step, step, pairs, in + 1 < planes.in_group, packed);
    }
  }
}

/// A plane of packed groups of K channels, `depth` words each. Register m of a tap multiplies word b of each group for the output
/// m / depth * depth + (b ^ m % depth) of the group: see packed_tile for why.
template <class T>
static void pack_weight_plane(const T* weight, const WeightOrder& order, const Planes& planes, int64_t plane, int64_t depth, bool pairs,
                              float* packed) {
  const int64_t group = planes.out_group;
  for (int64_t m = 0; m < group; ++m) {
    LaneSources sources{};
    for (int64_t lane = 0; lane < kLanes; ++lane) {
      const int64_t word = lane % depth;
      const int64_t out = planes.in_first(plane) + lane / depth * group + m / depth * depth + (word ^ m % depth);
      sources.used[lane] = out < planes.out_channels;
      if (sources.used[lane]) sources.index[lane] = order.index(out, pairs ? 2 * word : word);
    }
    for (int64_t tap = 0; tap < order.taps; ++tap) {
      gather_words(weight, sources, order.tap(tap), order.in_step(), pairs, true, packed + (tap * group + m) * kLanes);
    }
  }
}

OCT_KERNEL_END
