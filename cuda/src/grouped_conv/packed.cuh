// Grouped 3x3 convolutions with few channels per group (1, 2, 4, 8, 16), bf16, padding 1: several groups share one product of the tensor
// cores, whose weights are block-diagonal. The tensor cores have slack (memory is the bound), so the zero blocks cost nothing; instruction
// issue is scarce.
#pragma once
#include "grouped_conv/packed_products.cuh"

namespace oct::cuda {

// A block walks the rows of its images, two rows of outputs per step, through a ring of rows in shared memory: no row is read from memory
// twice. M = 16 of a product is 8 columns by 2 rows of outputs; a 16-byte row of ldmatrix is 8 channels, so K = 16 is two taps by 8
// channels (up to 8 per group) or one tap by 16. A shift along kw is another ldmatrix address; rows for kh stay in registers, so each row
// is read from shared memory 3 times, not 9. stride2: 2 rows of outputs take 5 rows of x, of which one stays. backward2: outputs of the
// four parities of row and column take 1, 2, 2 and 4 taps of the same 2 rows by 2 columns of dy. Bound: one read of x and one write of y. A
// warp's step is 16 pixels by 16 channels, 512 bytes of y: with x, about 53 clocks of a multiprocessor's share of an H200's copy bandwidth
// (19 bytes per clock), 10 products (18 for 16 channels per group) of about 1.6 clocks, 3 ldmatrix (6 for stride2) of 4 clocks.
template <PackedMode Mode, bool Wide, bool Fused>
__global__ void __launch_bounds__(kPackedThreads, 1) grouped_conv_packed(const gpu::bf16* in, const gpu::bf16* weight, gpu::bf16* out,
                                                                         const GPU_GRID_CONSTANT PackedShape s, PackedFusion fusion) {
  using Ring = PackedRing<Mode>;
  constexpr bool kBackward = Mode == PackedMode::backward2;
  using Products = PackedProducts<Mode, Wide>;
  constexpr int kShifts = Products::kShifts, kKept = Products::kKept, kStep = Products::kStep;
  const int32_t thread = static_cast<int32_t>(threadIdx.x), lane = thread % 32, warp = thread / 32;
  const int32_t pair = warp % s.chunk_pairs, strip = warp / s.chunk_pairs;
  const int32_t tiles = s.slabs * s.column_tiles, split = static_cast<int32_t>(blockIdx.x) / tiles;
  const int32_t tile = static_cast<int32_t>(blockIdx.x) - split * tiles, column_tile = tile / s.slabs;
  const int32_t first_channel = (tile - column_tile * s.slabs) * s.chunk_pairs * 16;
  const int32_t warp_channel = first_channel + pair * 16;
  const int32_t first_column = column_tile * s.strips * Ring::kColumns;  // of x (dy)

  unsigned char* ring = gpu::dynamic_shared<unsigned char>();
  const int32_t pitch = Ring::pitch(s.chunk_pairs), row_bytes = Ring::row_pixels(s.strips) * pitch, slot_bytes = row_bytes * Ring::kRows;
  zero_ring(ring, Ring::kSlots * slot_bytes);  // columns beside the image stay zero where no tile has them inside

  constexpr int kHalves = Wide ? 2 : 1;
  uint32_t w[2][9][kHalves];
  load_weights<Mode>(weight, s, warp_channel, w);

  const PackedCopies<Mode> copies(s, first_channel);
  const int32_t channel = copies.channel;
  const bool channel_exists = channel < s.c;
  constexpr bool kUnrolled = !(Wide && Fused);
  const auto load = [&](const PackedCursor& at, int32_t slot) {
    if (at.unit < s.units) {
      copies.template load<kUnrolled>(at, s, first_column, row_bytes, pitch, channel_exists, in, ring + slot * slot_bytes);
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

  typename Products::Window x;
  Products::clear(x);
  PackedMoments moments;
  int32_t slot = 0, next_slot = Ring::kSlots - 1;
  while (computing.unit < s.units) {
    gpu::cp_async_wait<Ring::kSlots - 2>();
    if constexpr (Fused) {
      if (fusion.scale != nullptr) {
        copies.template transform<kUnrolled>(computing, s, first_column, row_bytes, pitch, channel_exists, fusion,
                                             ring + slot * slot_bytes);
      }
    }
    __syncthreads();  // every thread's copies of this slot; the slot before it is free
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
    float a[kBackward ? 4 : 1][2][4] = {};
    if constexpr (Mode == PackedMode::stride2) {
      if (computing.step > 0) {
        read(0);
        Products::add_middle_row(a[0], x, w);
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
        store_tile(sums, out, s, computing.image, y_row, y_step, y_column, out_channel);
      };
      Products::add_rows(a, x, w);
      if constexpr (kBackward) {
#pragma unroll
        for (int32_t parity = 0; parity < 4; ++parity) write(a[parity], 2 * first_row + parity / 2, 2, 2 * out_column + parity % 2);
      } else {
        if (fusion.bias != nullptr) add_bias(a[0], fusion.bias, warp_channel, s.c);
        write(a[0], first_row, 1, out_column);
      }
    }
    Products::keep(x);
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
