// Few channels per group: what a warp multiplies, and what becomes of its sums.
#pragma once
#include "grouped_conv/moments.cuh"
#include "grouped_conv/packed_ring.cuh"

namespace oct::cuda {

// The weight that takes input channel `in` to output channel `out` at a tap, as bits; 0 between groups and beyond the last channel.
GPU_INLINE uint32_t packed_weight(const uint16_t* weight, const PackedShape& s, int32_t out, int32_t in, int32_t tap) {
  if (out >= s.c || in >= s.c || out / s.group != in / s.group) return 0;
  const int32_t row = s.transposed != 0 ? in : out, column = (s.transposed != 0 ? out : in) % s.group;
  return weight[(static_cast<int64_t>(row) * 9 + tap) * s.group + column];
}

// Fragments of the weight: channels 2 t, 2 t + 1 (t = lane % 4) of each chunk to channel lane / 4 of each chunk of outputs.
template <PackedMode Mode, int Halves>
GPU_INLINE void load_weights(const gpu::bf16* weight, const PackedShape& s, int32_t warp_channel, uint32_t (&w)[2][9][Halves]) {
  const int32_t lane = static_cast<int32_t>(threadIdx.x) % 32;
#pragma unroll
  for (int32_t j = 0; j < 2; ++j) {
#pragma unroll
    for (int32_t tap = 0; tap < 9; ++tap) {
#pragma unroll
      for (int32_t half = 0; half < Halves; ++half) {
        const int32_t k = warp_channel + j * 8 + lane / 4, c = warp_channel + (Halves == 2 ? half : j) * 8 + lane % 4 * 2;
        const int32_t from = Mode == PackedMode::stride1 && s.transposed != 0 ? 8 - tap : tap;
        const uint16_t* bits = reinterpret_cast<const uint16_t*>(weight);
        w[j][tap][half] = packed_weight(bits, s, k, c, from) | packed_weight(bits, s, k, c + 1, from) << 16;
      }
    }
  }
}

// The registers of a warp's products: fragments of the weight, and a window of rows of x (dy), the first kKept from the step before.
template <PackedMode Mode, bool Wide>
struct PackedProducts {
  using Ring = PackedRing<Mode>;
  static constexpr int kShifts = Mode == PackedMode::backward2 ? 2 : 3;  // ldmatrix addresses along columns
  static constexpr int kKept = Mode == PackedMode::stride2 ? 1 : 2;      // rows that stay in registers for the next step
  static constexpr int kStep = Mode == PackedMode::stride2 ? 2 : 1;      // rows between those of the two rows of outputs
  using Weights = uint32_t[2][9][Wide ? 2 : 1];
  using Window = uint32_t[kKept + Ring::kRows][kShifts][2];  // row, shift, chunk
  using Sums = float[2][4];

  static GPU_INLINE void clear(Window& x) {
#pragma unroll
    for (int32_t row = 0; row < kKept; ++row) {
#pragma unroll
      for (int32_t shift = 0; shift < kShifts; ++shift) x[row][shift][0] = x[row][shift][1] = 0;
    }
  }
  // The last rows of the window become the first of the next step's.
  static GPU_INLINE void keep(Window& x) {
#pragma unroll
    for (int32_t row = 0; row < kKept; ++row) {
#pragma unroll
      for (int32_t shift = 0; shift < kShifts; ++shift) {
        x[row][shift][0] = x[Ring::kRows + row][shift][0];
        x[row][shift][1] = x[Ring::kRows + row][shift][1];
      }
    }
  }

  // Adds the tap, whose input is `row` rows and `shift` columns into the window.
  static GPU_INLINE void one(Sums& a, const Window& x, const Weights& w, int32_t tap, int32_t row, int32_t shift) {
#pragma unroll
    for (int32_t j = 0; j < 2; ++j) {
      if constexpr (Wide) {
        gpu::mma_bf16(a[j], {x[row][shift][0], x[row + kStep][shift][0], x[row][shift][1], x[row + kStep][shift][1]},
                      {w[j][tap][0], w[j][tap][Wide ? 1 : 0]});
      } else {
        gpu::mma_bf16_k8(a[j], {x[row][shift][j], x[row + kStep][shift][j]}, w[j][tap][0]);
      }
    }
  }

  // Adds two taps at once.
  static GPU_INLINE void two(Sums& a, const Window& x, const Weights& w, int32_t tap, int32_t row, int32_t shift, int32_t tap2,
                             int32_t row2, int32_t shift2) {
    if constexpr (Wide) {
      one(a, x, w, tap, row, shift);
      one(a, x, w, tap2, row2, shift2);
    } else {
#pragma unroll
      for (int32_t j = 0; j < 2; ++j) {
        gpu::mma_bf16(a[j], {x[row][shift][j], x[row + kStep][shift][j], x[row2][shift2][j], x[row2 + kStep][shift2][j]},
                      {w[j][tap][0], w[j][tap2][0]});
      }
    }
  }

  // stride2's kh = 1, whose rows are not needed any more when the others come.
  static GPU_INLINE void add_middle_row(Sums& a, const Window& x, const Weights& w) {
    two(a, x, w, 3, 1, 0, 4, 1, 1);
    one(a, x, w, 5, 1, 2);
  }

  // The other taps, into one tile of y; in backward2 into four of dx [2 a + i, 2 b + j], tile 2 i + j: kh = 1 of row a where i = 0; kh = 2
  // of row a and 0 of row a + 1 where i = 1; columns alike.
  template <int Tiles>
  static GPU_INLINE void add_rows(float (&a)[Tiles][2][4], const Window& x, const Weights& w) {
    if constexpr (Mode == PackedMode::backward2) {
      one(a[0], x, w, 4, 0, 0);
      two(a[1], x, w, 5, 0, 0, 3, 0, 1);
      two(a[2], x, w, 7, 0, 0, 1, 1, 0);
      two(a[3], x, w, 8, 0, 0, 6, 0, 1);
      two(a[3], x, w, 2, 1, 0, 0, 1, 1);
    } else if constexpr (Mode == PackedMode::stride1) {
#pragma unroll
      for (int32_t tap = 0; tap < 8; tap += 2) two(a[0], x, w, tap, tap / 3, tap % 3, tap + 1, (tap + 1) / 3, (tap + 1) % 3);
      one(a[0], x, w, 8, 2, 2);
    } else {
      two(a[0], x, w, 0, 0, 0, 1, 0, 1);
      two(a[0], x, w, 2, 0, 2, 6, 2, 0);
      two(a[0], x, w, 7, 2, 1, 8, 2, 2);
    }
  }
};

// Adds the bias of a lane's 4 channels, from L1 each time: registers are scarcer.
GPU_INLINE void add_bias(float (&a)[2][4], const float* added, int32_t warp_channel, int32_t channels) {
  const int32_t lane = static_cast<int32_t>(threadIdx.x) % 32;
#pragma unroll
  for (int32_t i = 0; i < 4; ++i) {
    const int32_t k = warp_channel + i / 2 * 8 + lane % 4 * 2 + i % 2;
    const float bias = k < channels ? added[k] : 0;
    a[i / 2][i % 2] += bias;
    a[i / 2][2 + i % 2] += bias;
  }
}

// Turns fragments (a[j]: 8 columns, 2 rows, channels 8 j..) into 16 bytes per lane, of row lane / 2 % 2 and channels 8 (lane % 2)...
GPU_INLINE uint4 packed_chunk(const float (&a)[2][4]) {
  const uint32_t lane = gpu::lane();
  uint32_t r[4] = {gpu::pack_bf16(a[0][0], a[0][1]), gpu::pack_bf16(a[1][0], a[1][1]), gpu::pack_bf16(a[0][2], a[0][3]),
                   gpu::pack_bf16(a[1][2], a[1][3])};  // row 0 of chunks 0, 1; row 1
  const bool odd = (lane & 1) != 0, upper = (lane & 2) != 0;
  const uint32_t u = __shfl_xor_sync(gpu::all_lanes, odd ? r[0] : r[1], 1), v = __shfl_xor_sync(gpu::all_lanes, odd ? r[2] : r[3], 1);
  r[0] = odd ? u : r[0];
  r[1] = odd ? r[1] : u;
  r[2] = odd ? v : r[2];
  r[3] = odd ? r[3] : v;
  const uint32_t w = __shfl_xor_sync(gpu::all_lanes, upper ? r[0] : r[2], 2), z = __shfl_xor_sync(gpu::all_lanes, upper ? r[1] : r[3], 2);
  return upper ? uint4{w, z, r[2], r[3]} : uint4{r[0], r[1], w, z};
}

// Writes the tile whose pixel (row i, column of the lane) is y_row + i y_step, y_column of an image.
GPU_INLINE void store_tile(const float (&sums)[2][4], gpu::bf16* out, const PackedShape& s, int32_t image, int32_t y_row, int32_t y_step,
                           int32_t y_column, int32_t channel) {
  const uint4 bits = packed_chunk(sums);
  const int32_t y = y_row + static_cast<int32_t>(threadIdx.x) % 32 / 2 % 2 * y_step;
  if (y_column < s.out_w && y < s.out_h && channel < s.c) {
    gpu::store16(out + ((static_cast<int64_t>(image) * s.out_h + y) * s.out_w + y_column) * s.c + channel, bits);
  }
}

// Moments of a lane's 4 channels over the pixels that it computes, and what is left of them at the end.
struct PackedMoments {
  float reference[4], sum[4] = {}, squares[4] = {}, count = 0;

  GPU_INLINE void add(const float (&a)[2][4], int32_t row) {
#pragma unroll
    for (int32_t i = 0; i < 4; ++i) {
      const float value = gpu::to_float(gpu::from_float<gpu::bf16>(a[i / 2][row * 2 + i % 2]));
      if (count == 0) reference[i] = value;
      const float distance = value - reference[i];
      sum[i] += distance;
      squares[i] = fmaf(distance, distance, squares[i]);
    }
    count += 1;
  }

  // Merges the 8 lanes of the same channels; lanes 0-3 write channels 8 (i / 2) + 2 lane + i % 2, i = 0..3, of those that exist.
  GPU_INLINE void write(float4* to, int32_t channels) const {
    const int32_t lane = static_cast<int32_t>(gpu::lane());
#pragma unroll
    for (int32_t i = 0; i < 4; ++i) {
      RunningMoments mine;
      mine.reference = count == 0 ? 0 : reference[i];
      mine.sum = sum[i];
      mine.squares = squares[i];
      mine.count = count;
      float4 all = mine.finished();
#pragma unroll
      for (int32_t distance = 4; distance < 32; distance *= 2) {
        const float4 other{__shfl_xor_sync(gpu::all_lanes, all.x, distance), __shfl_xor_sync(gpu::all_lanes, all.y, distance),
                           __shfl_xor_sync(gpu::all_lanes, all.z, distance), __shfl_xor_sync(gpu::all_lanes, all.w, distance)};
        all = merged_moments(all, other);
      }
      const int32_t channel = i / 2 * 8 + lane * 2 + i % 2;
      if (lane < 4 && channel < channels) to[channel] = all;
    }
  }
};

}  // namespace oct::cuda
