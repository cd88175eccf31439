// Few channels per group: what a block reads, and the ring of rows in shared memory that it goes through.
#pragma once
#include "grouped_conv/chunk.cuh"

namespace oct::cuda {

// stride1 is also its own gradient with respect to x, with the filter rotated and transposed. backward2: the gradient with respect to x of
// stride 2.
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

// Rows of a slot of the ring, slots, and pixels of a row. stride2 keeps odd columns separate from even ones, so that the 8 columns of an
// ldmatrix are neighbors there too.
template <PackedMode Mode>
struct PackedRing {
  static constexpr int kRows = Mode == PackedMode::stride2 ? 4 : 2;
  static constexpr int kSlots = Mode == PackedMode::stride2 ? 3 : 4;
  static constexpr int kCopies = Mode == PackedMode::stride2 ? 4 : 1;    // 16-byte chunks that each thread copies into a slot
  static constexpr int kColumns = Mode == PackedMode::stride2 ? 16 : 8;  // of x (dy) per strip

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
  // Whether the slot takes pixel (row, column) from the image.
  template <PackedMode Mode>
  GPU_INLINE bool inside(const PackedShape& s, int32_t row, int32_t column) const {
    const int32_t y = first_row<Mode>() + row;
    const bool needed = Mode != PackedMode::stride2 || step > 0 || row == 3;
    return needed && y >= 0 && y < s.in_h && column >= 0 && column < s.in_w;
  }
  // First row of this step's slot; stride2's step 0 needs only the last of its four.
  template <PackedMode Mode>
  GPU_INLINE int32_t first_row() const {
    const int32_t pair = first_pair + step;
    return Mode == PackedMode::stride1 ? 2 * pair - 1 : Mode == PackedMode::stride2 ? 4 * pair - 4 : 2 * pair;
  }
};

// By all threads of the block, 16 bytes at a time.
GPU_INLINE void zero_ring(unsigned char* ring, int32_t bytes) {
  for (int32_t i = static_cast<int32_t>(threadIdx.x) * 16; i < bytes; i += static_cast<int32_t>(blockDim.x) * 16) {
    gpu::store16(ring + i, {0, 0, 0, 0});
  }
}

// What a thread copies of each slot: chunks of the columns inside the tile, and one of the columns beside it where there is more than one
// tile.
template <PackedMode Mode>
struct PackedCopies {
  using Ring = PackedRing<Mode>;
  static constexpr int kSides = Mode == PackedMode::stride1 ? 2 : 1;
  bool has_side;
  int32_t chunk, row, column, side_row, side_column;  // columns relative to first_column; side_row: kRows where there is none to copy
  int32_t channel;

  GPU_INLINE PackedCopies(const PackedShape& s, int32_t first_channel) {
    const int32_t thread = static_cast<int32_t>(threadIdx.x), chunks = s.chunk_pairs * 2, rest = thread / chunks;
    chunk = thread % chunks;
    row = rest / (8 * s.strips);
    column = rest % (8 * s.strips);
    channel = first_channel + chunk * 8;
    has_side = s.column_tiles > 1 && rest < Ring::kRows * kSides;
    side_row = rest / kSides;
    side_column = Mode == PackedMode::stride2 ? -1 : (Mode != PackedMode::backward2 && rest % kSides == 0) ? -1 : 8 * s.strips;
  }

  // Calls body(row of the slot, column, offset in the slot) for each of them.
  template <bool Unrolled, class Body>
  GPU_INLINE void each(int32_t strips, int32_t first_column, int32_t row_bytes, int32_t pitch, Body&& body) const {
    // Where registers run short, places are worked out each time.
#pragma unroll(Unrolled ? Ring::kCopies : 1)
    for (int32_t i = 0; i < Ring::kCopies; ++i) {
      const int32_t at_row = row + i / 2 * 2, at_column = column + i % 2 * 8 * strips;
      body(at_row, at_column + first_column, at_row * row_bytes + Ring::place(at_column, strips) * pitch + chunk * 16);
    }
    if (has_side) {
      body(side_row, side_column + first_column, side_row * row_bytes + Ring::place(side_column, strips) * pitch + chunk * 16);
    }
  }

  // Starts the copies of the slot that the cursor is at.
  template <bool Unrolled>
  GPU_INLINE void load(const PackedCursor& at, const PackedShape& s, int32_t first_column, int32_t row_bytes, int32_t pitch, bool exists,
                       const gpu::bf16* in, unsigned char* slot) const {
    each<Unrolled>(s.strips, first_column, row_bytes, pitch, [&](int32_t from_row, int32_t from_column, int32_t offset) {
      const bool real = at.template inside<Mode>(s, from_row, from_column) && exists;
      const int64_t pixel = (static_cast<int64_t>(at.image) * s.in_h + at.template first_row<Mode>() + from_row) * s.in_w + from_column;
      gpu::cp_async_16(slot + offset, real ? in + pixel * s.c + channel : in, real ? 16 : 0);
    });
  }

  // The prologue on what this thread copied, before others see it; pixels that do not exist stay zero.
  template <bool Unrolled>
  GPU_INLINE void transform(const PackedCursor& at, const PackedShape& s, int32_t first_column, int32_t row_bytes, int32_t pitch,
                            bool exists, const PackedFusion& fusion, unsigned char* slot) const {
    each<Unrolled>(s.strips, first_column, row_bytes, pitch, [&](int32_t from_row, int32_t from_column, int32_t offset) {
      if (!(at.template inside<Mode>(s, from_row, from_column) && exists)) return;
      gpu::store16(slot + offset,
                   prologue_of_chunk(gpu::load16(slot + offset), fusion.scale + channel, fusion.shift + channel, fusion.relu != 0));
    });
  }
};

}  // namespace oct::cuda
