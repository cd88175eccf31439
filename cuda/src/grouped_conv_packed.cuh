// Grouped 3x3 convolutions with few channels a group (1, 2, 4, 8, 16), bf16, padding 1: several groups share one product of the tensor
// cores, whose weights are block-diagonal. They idle anyway (memory binds: cuda/README.md); what is scarce is the instruction issue.
#pragma once
#include "grouped_conv_chunk.cuh"
#include "grouped_conv_moments.cuh"

namespace oct::cuda {

// stride1 is also its own gradient by x, with the filter rotated and transposed. backward2: the gradient by x of stride 2.
enum class PackedMode { stride1, stride2, backward2 };

constexpr int kPackedThreads = 512;  // at most

struct PackedShape {
  int32_t in_h, in_w, out_h, out_w, c;  // of images; channels of all groups
  int32_t group;                        // channels of one
  int32_t strips, chunk_pairs;          // a block has 8 strips columns and 16 chunk_pairs channels, a warp of its own for 8 by 16
  int32_t slabs, column_tiles;          // blocks along channels and columns
  int32_t parts, part_pairs, pairs;     // an image is cut into parts of part_pairs pairs of rows (the last of what is left)
  int32_t units, blocks;                // images times parts; blocks that share them, for each slab and column tile
  int32_t transposed;                   // 1: the weight is that of the pass forward, to be transposed (and for stride1 rotated)
};

struct PackedFusion {
  const float *scale, *shift;  // [c], or null: no prologue
  int32_t relu;
  const float* bias;  // [c], or null
  float4* moments;    // [blocks column_tiles strips][c], or null
};

// Rows of a slot of the ring, slots, and pixels of a row. stride2 keeps odd columns apart from even ones, so that the 8 columns of an
// ldmatrix are neighbours there too.
template <PackedMode Mode>
struct PackedRing {
  static constexpr int kRows = Mode == PackedMode::stride2 ? 4 : 2;
  static constexpr int kSlots = Mode == PackedMode::stride2 ? 3 : 4;
  static constexpr int kCopies = Mode == PackedMode::stride2 ? 4 : 1;    // 16-byte chunks that each thread copies into a slot
  static constexpr int kColumns = Mode == PackedMode::stride2 ? 16 : 8;  // of x (dy) a strip

  static __host__ __device__ constexpr int32_t row_pixels(int32_t strips) {
    return kColumns * strips + (Mode == PackedMode::stride1 ? 2 : 1);
  }
  // An odd number of 16-byte chunks: the 8 rows of an ldmatrix meet all banks.
  static __host__ __device__ constexpr int32_t pitch(int32_t chunk_pairs) { return chunk_pairs * 32 + 16; }
  static __host__ __device__ constexpr int32_t bytes(int32_t strips, int32_t chunk_pairs) {
    return kSlots * kRows * row_pixels(strips) * pitch(chunk_pairs);
  }

  // Where a column lies in a row; column 0 is the first that the block's outputs have in their middle tap (backward2: see at all).
  static GPU_INLINE int32_t place(int32_t column, int32_t strips) {
    if constexpr (Mode == PackedMode::stride1) return column + 1;
    if constexpr (Mode == PackedMode::stride2) return column % 2 == 0 ? 8 * strips + 1 + column / 2 : (column + 1) / 2;
    return column;
  }
};

// A walk over a block's units. Step 0 of a unit brings the rows above its first pair of rows of outputs, each further step what the
// next pair needs besides.
struct PackedCursor {
  int32_t unit, step, image, first_pair, pairs;

  GPU_INLINE void start(const PackedShape& s, int32_t at) {
    unit = at;
    step = 0;
    image = at / s.parts;
    first_pair = (at - image * s.parts) * s.part_pairs;
    pairs = s.pairs - first_pair < s.part_pairs ? s.pairs - first_pair : s.part_pairs;
  }
  GPU_INLINE void advance(const PackedShape& s) {
    if (++step > pairs) start(s, unit + s.blocks);
  }
  // First row of this step's slot; stride2's step 0 needs the last of its four alone.
  template <PackedMode Mode>
  GPU_INLINE int32_t first_row() const {
    const int32_t pair = first_pair + step;
    return Mode == PackedMode::stride1 ? 2 * pair - 1 : Mode == PackedMode::stride2 ? 4 * pair - 4 : 2 * pair;
  }
};

// The weight that takes input channel `in` to output channel `out` at a tap, as bits; 0 between groups and beyond the last channel.
GPU_INLINE uint32_t packed_weight(const uint16_t* weight, const PackedShape& s, int32_t out, int32_t in, int32_t tap) {
  if (out >= s.c || in >= s.c || out / s.group != in / s.group) return 0;
  const int32_t row = s.transposed != 0 ? in : out, column = (s.transposed != 0 ? out : in) % s.group;
  return weight[(static_cast<int64_t>(row) * 9 + tap) * s.group + column];
}

// Turns fragments (a[j]: 8 columns, 2 rows, channels 8 j..) into 16 bytes a lane, of row lane / 2 % 2 and channels 8 (lane % 2)...
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

// A block walks the rows of its images, two rows of outputs a step, through a ring of rows in shared memory: no row is read from memory
// twice. M = 16 of a product is 8 columns by 2 rows of outputs; a 16-byte row of ldmatrix is 8 channels, so K = 16 is two taps by 8
// channels (up to 8 a group) or one tap by 16. A shift along kw is another ldmatrix address; rows for kh stay in registers, so each row is
// read from shared memory 3 times, not 9. stride2: 2 rows of outputs take 5 rows of x, of which one stays. backward2: outputs of the four
// parities of row and column take 1, 2, 2 and 4 taps of the same 2 rows by 2 columns of dy.
// Bound: one read of x and one write of y. A warp's step is 16 pixels by 16 channels, 512 bytes of y: with x, about 53 clocks of a
// multiprocessor's share of an H200's copy bandwidth (19 bytes a clock), 10 products (18 for 16 channels a group) of about 1.6 clocks,
// 3 ldmatrix (6 for stride2) of 4 clocks.
template <PackedMode Mode, bool Wide, bool Fused>
__global__ void __launch_bounds__(kPackedThreads, 1) grouped_conv_packed(const gpu::bf16* in, const gpu::bf16* weight, gpu::bf16* out,
                                                                         const GPU_GRID_CONSTANT PackedShape s, PackedFusion fusion) {
  using Ring = PackedRing<Mode>;
  constexpr bool kBackward = Mode == PackedMode::backward2;
  constexpr int kShifts = kBackward ? 2 : 3;                  // ldmatrix addresses along columns
  constexpr int kKept = Mode == PackedMode::stride2 ? 1 : 2;  // rows that stay in registers for the next step
  constexpr int kStep = Mode == PackedMode::stride2 ? 2 : 1;  // rows between those of the two rows of outputs
  constexpr int kWindow = kKept + Ring::kRows;
  const int32_t thread = static_cast<int32_t>(threadIdx.x), lane = thread % 32, warp = thread / 32;
  const int32_t pair = warp % s.chunk_pairs, strip = warp / s.chunk_pairs;
  const int32_t tiles = s.slabs * s.column_tiles, split = static_cast<int32_t>(blockIdx.x) / tiles;
  const int32_t tile = static_cast<int32_t>(blockIdx.x) - split * tiles, column_tile = tile / s.slabs;
  const int32_t first_channel = (tile - column_tile * s.slabs) * s.chunk_pairs * 16;
  const int32_t warp_channel = first_channel + pair * 16;
  const int32_t first_column = column_tile * s.strips * Ring::kColumns;  // of x (dy)

  unsigned char* ring = gpu::dynamic_shared<unsigned char>();
  const int32_t pitch = Ring::pitch(s.chunk_pairs), row_bytes = Ring::row_pixels(s.strips) * pitch, slot_bytes = row_bytes * Ring::kRows;
  for (int32_t i = thread * 16; i < Ring::kSlots * slot_bytes; i += static_cast<int32_t>(blockDim.x) * 16) {
    gpu::store16(ring + i, {0, 0, 0, 0});  // columns beside the image stay zero where no tile has them inside
  }

  // Fragments of the weight: channels 2 t, 2 t + 1 (t = lane % 4) of each chunk to channel lane / 4 of each chunk of outputs.
  uint32_t w[2][9][Wide ? 2 : 1];
#pragma unroll
  for (int32_t j = 0; j < 2; ++j) {
#pragma unroll
    for (int32_t tap = 0; tap < 9; ++tap) {
#pragma unroll
      for (int32_t half = 0; half < (Wide ? 2 : 1); ++half) {
        const int32_t k = warp_channel + j * 8 + lane / 4, c = warp_channel + (Wide ? half : j) * 8 + lane % 4 * 2;
        const int32_t from = Mode == PackedMode::stride1 && s.transposed != 0 ? 8 - tap : tap;
        const uint16_t* bits = reinterpret_cast<const uint16_t*>(weight);
        w[j][tap][half] = packed_weight(bits, s, k, c, from) | packed_weight(bits, s, k, c + 1, from) << 16;
      }
    }
  }

  // What this thread copies of each slot: chunks of the columns inside the tile, and one of the columns beside it where there is more
  // than one tile.
  const int32_t chunks = s.chunk_pairs * 2, chunk = thread % chunks, rest = thread / chunks;
  const int32_t copy_row = rest / (8 * s.strips), copy_column = rest % (8 * s.strips);
  const int32_t channel = first_channel + chunk * 8;
  const bool channel_exists = channel < s.c;
  constexpr int kSides = Mode == PackedMode::stride1 ? 2 : 1;
  const bool has_side = s.column_tiles > 1 && rest < Ring::kRows * kSides;
  const int32_t side_row = rest / kSides;
  const int32_t side_column = Mode == PackedMode::stride2          ? -1
                              : (!kBackward && rest % kSides == 0) ? -1
                                                                   : 8 * s.strips;  // relative to first_column
  // Calls body(row of the slot, column, offset in the slot) for each of them.
  const auto each_copy = [&](auto&& body) {
  // Where registers run short, places are worked out each time.
#pragma unroll(Wide&& Fused ? 1 : Ring::kCopies)
    for (int32_t i = 0; i < Ring::kCopies; ++i) {
      const int32_t row = copy_row + i / 2 * 2, column = copy_column + i % 2 * 8 * s.strips;
      body(row, column + first_column, row * row_bytes + Ring::place(column, s.strips) * pitch + chunk * 16);
    }
    if (has_side)
      body(side_row, side_column + first_column, side_row * row_bytes + Ring::place(side_column, s.strips) * pitch + chunk * 16);
  };
  const auto inside = [&](const PackedCursor& at, int32_t row, int32_t column) {
    const int32_t y = at.template first_row<Mode>() + row;
    const bool needed = Mode != PackedMode::stride2 || at.step > 0 || row == 3;
    return needed && y >= 0 && y < s.in_h && column >= 0 && column < s.in_w && channel_exists;
  };
  const auto load = [&](const PackedCursor& at, int32_t slot) {
    if (at.unit < s.units) {
      each_copy([&](int32_t row, int32_t column, int32_t offset) {
        const bool real = inside(at, row, column);
        const int64_t pixel = (static_cast<int64_t>(at.image) * s.in_h + at.template first_row<Mode>() + row) * s.in_w + column;
        gpu::cp_async_16(ring + slot * slot_bytes + offset, real ? in + pixel * s.c + channel : in, real ? 16 : 0);
      });
    }
    gpu::cp_async_commit();
  };

  PackedCursor loading, computing;
  loading.start(s, split);
  computing.start(s, split);
  __syncthreads();  // the ring's zeros
#pragma unroll
  for (int32_t slot = 0; slot < Ring::kSlots - 1; ++slot) {
    load(loading, slot);
    loading.advance(s);
  }
  // Lane l gives ldmatrix column l % 8 of the strip, chunk l / 8 % 2, row l / 16 of two.
  const int32_t column = strip * 8 + lane % 8;
  int32_t from[kShifts];
#pragma unroll
  for (int32_t shift = 0; shift < kShifts; ++shift) {
    const int32_t at = Mode == PackedMode::stride1   ? column - 1 + shift
                       : Mode == PackedMode::stride2 ? 2 * column - 1 + shift
                                                     : column + shift;
    from[shift] = lane / 16 * kStep * row_bytes + Ring::place(at, s.strips) * pitch + (pair * 2 + lane / 8 % 2) * 16;
  }
  const int32_t out_column = column_tile * s.strips * 8 + strip * 8 + lane / 4;  // of y; of dy in backward2
  const int32_t out_channel = warp_channel + lane % 2 * 8;

  uint32_t x[kWindow][kShifts][2];  // row, shift, chunk; the first kKept from the step before
#pragma unroll
  for (int32_t row = 0; row < kKept; ++row) {
#pragma unroll
    for (int32_t shift = 0; shift < kShifts; ++shift) x[row][shift][0] = x[row][shift][1] = 0;
  }
  PackedMoments moments;
  int32_t slot = 0, next_slot = Ring::kSlots - 1;
  while (computing.unit < s.units) {
    gpu::cp_async_wait<Ring::kSlots - 2>();
    if constexpr (Fused) {
      // Each thread transforms what it copied, before others see it; pixels that do not exist stay zero.
      if (fusion.scale != nullptr) {
        each_copy([&](int32_t row, int32_t at_column, int32_t offset) {
          if (!inside(computing, row, at_column)) return;
          unsigned char* at = ring + slot * slot_bytes + offset;
          gpu::store16(at, prologue_of_chunk(gpu::load16(at), fusion.scale + channel, fusion.shift + channel, fusion.relu != 0));
        });
      }
    }
    __syncthreads();  // everybody's copies of this slot; the slot before it is free
    load(loading, next_slot);
    loading.advance(s);
    // Reads two rows of the slot, kStep apart, into the window.
    const auto read = [&](int32_t first) {
#pragma unroll
      for (int32_t shift = 0; shift < kShifts; ++shift) {
        uint32_t r[4];
        gpu::ldmatrix_x4(r, ring + slot * slot_bytes + first * row_bytes + from[shift]);
        x[kKept + first][shift][0] = r[0];
        x[kKept + first][shift][1] = r[1];
        x[kKept + first + kStep][shift][0] = r[2];
        x[kKept + first + kStep][shift][1] = r[3];
      }
    };
    // Adds the tap, whose input is `row` rows and `shift` columns into the window; or two taps at once.
    const auto one = [&](float(&a)[2][4], int32_t tap, int32_t row, int32_t shift) {
#pragma unroll
      for (int32_t j = 0; j < 2; ++j) {
        if constexpr (Wide) {
          gpu::mma_bf16(a[j], {x[row][shift][0], x[row + kStep][shift][0], x[row][shift][1], x[row + kStep][shift][1]},
                        {w[j][tap][0], w[j][tap][Wide ? 1 : 0]});
        } else {
          gpu::mma_bf16_k8(a[j], {x[row][shift][j], x[row + kStep][shift][j]}, w[j][tap][0]);
        }
      }
    };
    const auto two = [&](float(&a)[2][4], int32_t tap, int32_t row, int32_t shift, int32_t tap2, int32_t row2, int32_t shift2) {
      if constexpr (Wide) {
        one(a, tap, row, shift);
        one(a, tap2, row2, shift2);
      } else {
#pragma unroll
        for (int32_t j = 0; j < 2; ++j) {
          gpu::mma_bf16(a[j], {x[row][shift][j], x[row + kStep][shift][j], x[row2][shift2][j], x[row2 + kStep][shift2][j]},
                        {w[j][tap][0], w[j][tap2][0]});
        }
      }
    };
    float a[kBackward ? 4 : 1][2][4] = {};
    if constexpr (Mode == PackedMode::stride2) {
      // kh = 1 first: its rows are not needed any more when the others come.
      if (computing.step > 0) {
        read(0);
        two(a[0], 3, 1, 0, 4, 1, 1);
        one(a[0], 5, 1, 2);
      }
      read(1);
    } else {
      read(0);
    }
    if (computing.step > 0) {
      const int32_t first_row = 2 * (computing.first_pair + computing.step - 1);
      // Writes a tile whose pixel (row i, column of the lane) is y_row + i y_step, y_column.
      const auto write = [&](float(&sums)[2][4], int32_t y_row, int32_t y_step, int32_t y_column) {
        if constexpr (Fused) {
          if (fusion.moments != nullptr && y_column < s.out_w) {
            moments.add(sums, 0);
            if (y_row + y_step < s.out_h) moments.add(sums, 1);
          }
        }
        const uint4 bits = packed_chunk(sums);
        const int32_t y = y_row + lane / 2 % 2 * y_step;
        if (y_column < s.out_w && y < s.out_h && out_channel < s.c) {
          gpu::store16(out + ((static_cast<int64_t>(computing.image) * s.out_h + y) * s.out_w + y_column) * s.c + out_channel, bits);
        }
      };
      if constexpr (kBackward) {
        // dx [2 a + i, 2 b + j]: kh = 1 of row a where i = 0; kh = 2 of row a and 0 of row a + 1 where i = 1; columns alike.
        one(a[0], 4, 0, 0);
        two(a[1], 5, 0, 0, 3, 0, 1);
        two(a[2], 7, 0, 0, 1, 1, 0);
        two(a[3], 8, 0, 0, 6, 0, 1);
        two(a[3], 2, 1, 0, 0, 1, 1);
#pragma unroll
        for (int32_t parity = 0; parity < 4; ++parity) write(a[parity], 2 * first_row + parity / 2, 2, 2 * out_column + parity % 2);
      } else {
        if constexpr (Mode == PackedMode::stride1) {
#pragma unroll
          for (int32_t tap = 0; tap < 8; tap += 2) two(a[0], tap, tap / 3, tap % 3, tap + 1, (tap + 1) / 3, (tap + 1) % 3);
          one(a[0], 8, 2, 2);
        } else {
          two(a[0], 0, 0, 0, 1, 0, 1);
          two(a[0], 2, 0, 2, 6, 2, 0);
          two(a[0], 7, 2, 1, 8, 2, 2);
        }
        if (fusion.bias != nullptr) {  // from L1 each time: registers are scarcer
#pragma unroll
          for (int32_t i = 0; i < 4; ++i) {
            const int32_t k = warp_channel + i / 2 * 8 + lane % 4 * 2 + i % 2;
            const float bias = k < s.c ? fusion.bias[k] : 0;
            a[0][i / 2][i % 2] += bias;
            a[0][i / 2][2 + i % 2] += bias;
          }
        }
        write(a[0], first_row, 1, out_column);
      }
    }
#pragma unroll
    for (int32_t row = 0; row < kKept; ++row) {
#pragma unroll
      for (int32_t shift = 0; shift < kShifts; ++shift) {
        x[row][shift][0] = x[Ring::kRows + row][shift][0];
        x[row][shift][1] = x[Ring::kRows + row][shift][1];
      }
    }
    computing.advance(s);
    slot = slot + 1 == Ring::kSlots ? 0 : slot + 1;
    next_slot = next_slot + 1 == Ring::kSlots ? 0 : next_slot + 1;
  }
  gpu::cp_async_wait<0>();
  if constexpr (Fused) {
    if (fusion.moments == nullptr) return;
    const int64_t part = (static_cast<int64_t>(split) * s.column_tiles + column_tile) * s.strips + strip;
    moments.write(fusion.moments + part * s.c + warp_channel, s.c - warp_channel);
  }
}

}  // namespace oct::cuda
