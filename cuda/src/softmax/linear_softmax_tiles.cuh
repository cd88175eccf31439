// The fused head without logits in memory: a tile of 128 rows by 128 classes of them lives in registers, twice.
#pragma once
#include "gemm/gemm.cuh"
#include "softmax/linear_softmax_row.cuh"

namespace oct::cuda {

template <class T>
struct HeadOperands {
  Operand<T> x, weight;  // [b,d], [v,d]
  const float* bias;     // f32[v] or null
  int64_t b, d, v;
};

GPU_INLINE TilePlace logits_place(int64_t row_tile, int64_t class_tile, int64_t b, int64_t v, int64_t d) {
  return {row_tile * kTileRows, class_tile * kTileColumns, b, v, 0, d};
}

// First sweep: the logits of a tile, and what they add to each row: sums [b, class tiles]. Bound: 2 b v d FLOP or a read of the weight.
template <class T>
__global__ void __launch_bounds__(kTileThreads, sizeof(T) == 2 ? 2 : 1)
    linear_softmax_tile_sums(HeadOperands<T> h, LabelLoss a, RowSums* sums) {
  T* shared = gpu::dynamic_shared<T>();
  const int64_t row_tiles = gpu::ceil_div(h.b, int64_t{kTileRows}), class_tiles = gpu::ceil_div(h.v, int64_t{kTileColumns});
  const int64_t block = blockIdx.x, class_tile = block / row_tiles;
  const TilePlace place = logits_place(block % row_tiles, class_tile, h.b, h.v, h.d);
  GemmTile<T> tile;
  tile.clear();
  multiply<true, true>(tile, shared, h.x, h.weight, place);
  float* staged = reinterpret_cast<float*>(shared);
  const int warp = static_cast<int>(threadIdx.x) / 32, lane = static_cast<int>(gpu::lane());
  for (int half = 0; half < 2; ++half) {
    __syncthreads();
    if (half == 0) tile.template stage<true, true>(0, staged);
    if (half == 1) tile.template stage<true, true>(1, staged);
    __syncthreads();
    // A warp per row, 4 classes per lane.
    for (int row = warp; row < kTileRows / 2; row += kTileThreads / 32) {
      const int64_t i = place.row + half * (kTileRows / 2) + row;
      if (i >= h.b) break;  // the whole warp
      float v[4];
#pragma unroll
      for (int e = 0; e < 4; ++e) {
        const int64_t j = place.column + lane + e * 32;
        v[e] = j < h.v ? staged[row * kStagePitch + lane + e * 32] + (h.bias == nullptr ? 0.0f : h.bias[j]) : -INFINITY;
      }
      const MaxSum total = warp_merge(max_sum_of(v));
      const RowLabels labels = labels_of(a, i);
      const float shift = shift_of(total.max);
      float of_labels = 0.0f, found = 0.0f;
      for (int32_t l = lane; l < labels.count; l += 32) {
        const int64_t at = labels.first[l] - place.column;
        if (labels.first[l] < 0 || labels.first[l] >= h.v || at < 0 || at >= kTileColumns) continue;
        of_labels += staged[row * kStagePitch + at] + (h.bias == nullptr ? 0.0f : h.bias[labels.first[l]]) - shift;
        ++found;
      }
      of_labels = gpu::warp_sum(of_labels);
      found = gpu::warp_sum(found);
      if (lane == 0) sums[i * class_tiles + class_tile] = {total.max, total.sum, of_labels, found};
    }
  }
}

// Where the second sweep leaves its results; null: not wanted.
template <class T>
struct HeadGradients {
  const RowFactors* factors;
  T* tiles;        // a block's tile of gradients [128,128]; 32 or 64 KB, which stay in the L2 cache
  float* dx;       // parts [blocks, b, d]
  float* dweight;  // [v,d]
  float* dbias;    // [v]
};

// Second sweep. A block has a run of class tiles. For each class tile, and for every tile of rows in turn, it computes the logits again,
// their gradients rounded to T, then dweight (stored for the first rows, added to for later ones) and its own part of dx.
// Order of the sums: that of the rows in dweight and dbias, that of the classes in a part of dx; the parts are added afterwards.
// Bound: 6 b v d FLOPs. Memory: one read of the weight, one write of dweight (one more read for each tile of rows after the first), and
// 8 b d bytes for dx per block and class tile, in the L2 cache.
template <class T>
__global__ void __launch_bounds__(kTileThreads, 1) linear_softmax_tile_gradients(HeadOperands<T> h, LabelLoss a, HeadGradients<T> out) {
  T* shared = gpu::dynamic_shared<T>();
  float* staged = reinterpret_cast<float*>(shared);
  const int64_t row_tiles = gpu::ceil_div(h.b, int64_t{kTileRows}), class_tiles = gpu::ceil_div(h.v, int64_t{kTileColumns});
  const int64_t first_tile = class_tiles * blockIdx.x / gridDim.x, last_tile = class_tiles * (blockIdx.x + 1) / gridDim.x;
  T* gradients = out.tiles + static_cast<int64_t>(blockIdx.x) * kTileRows * kTileColumns;
  const Operand<T> g{gradients, kTileColumns, true};
  GemmTile<T> tile;
  for (int64_t class_tile = first_tile; class_tile < last_tile; ++class_tile) {
    const int64_t first_class = class_tile * kTileColumns, classes = valid_of(first_class, h.v, kTileColumns);
    for (int64_t row_tile = 0; row_tile < row_tiles; ++row_tile) {
      const int64_t first_row = row_tile * kTileRows, rows = valid_of(first_row, h.b, kTileRows);
      const TilePlace place = logits_place(row_tile, class_tile, h.b, h.v, h.d);
      tile.clear();
      multiply<true, true>(tile, shared, h.x, h.weight, place);
      hand_out(
          place, staged, [&](int half, float* to) { tile.template stage<true, true>(half, to); },
          [&](int64_t i, int64_t j, int count, const float(&logit)[4]) {
            const RowFactors f = out.factors[i];
            const RowLabels labels = labels_of(a, i);
            T* to = gradients + (i - first_row) * kTileColumns + (j - first_class);
            float v[4];
#pragma unroll
            for (int e = 0; e < 4; ++e) {
              const float z = logit[e] + (h.bias == nullptr || e >= count ? 0.0f : h.bias[j + e]);
              v[e] = gpu::fast_exp(z - f.max) * f.factor;
            }
            for (int32_t l = 0; l < labels.count; ++l) {
              const int64_t at = labels.first[l] - j;
#pragma unroll
              for (int e = 0; e < 4; ++e) v[e] -= at == e ? f.share : 0.0f;
            }
            // What lies beyond the vocabulary is written, since a product loads 16 bytes at a time, and is not used.
            if constexpr (sizeof(T) == 4) {
              gpu::store16(to, make_uint4(__float_as_uint(v[0]), __float_as_uint(v[1]), __float_as_uint(v[2]), __float_as_uint(v[3])));
            } else {
              gpu::store8(to, make_uint2(gpu::pack_bf16(v[0], v[1]), gpu::pack_bf16(v[2], v[3])));
            }
          });
      if (out.dbias != nullptr && static_cast<int>(threadIdx.x) < classes) {
        float sum = row_tile == 0 ? 0.0f : out.dbias[first_class + threadIdx.x];
        for (int64_t i = 0; i < rows; ++i) sum += gpu::to_float(gradients[i * kTileColumns + threadIdx.x]);
        out.dbias[first_class + threadIdx.x] = sum;
      }
      for (int64_t first = 0; first < h.d; first += kTileColumns) {
        if (out.dweight != nullptr) {
          const Operand<T> x{h.x.data + first_row * h.x.ld, h.x.ld, h.x.wide};
          const StoreSums<float> store{out.dweight + first_class * h.d,
                                       h.d,
                                       nullptr,
                                       0,
                                       row_tile > 0,
                                       reinterpret_cast<uintptr_t>(out.dweight) % 16 == 0 && h.d % 4 == 0};
          const TilePlace part{0, first, classes, h.d, 0, rows};
          tile.clear();
          multiply<false, false>(tile, shared, g, x, part);
          hand_out(
              part, staged, [&](int half, float* to) { tile.template stage<false, false>(half, to); },
              [&](int64_t i, int64_t j, int count, const float(&v)[4]) { store(0, i, j, count, v); });
        }
        if (out.dx != nullptr) {
          const Operand<T> weight{h.weight.data + first_class * h.weight.ld, h.weight.ld, h.weight.wide};
          const StoreSums<float> store{
              out.dx + (blockIdx.x * h.b + first_row) * h.d, h.d, nullptr, 0, class_tile > first_tile, h.d % 4 == 0};
          const TilePlace part{0, first, rows, h.d, 0, classes};
          tile.clear();
          multiply<true, false>(tile, shared, g, weight, part);
          hand_out(
              part, staged, [&](int half, float* to) { tile.template stage<true, false>(half, to); },
              [&](int64_t i, int64_t j, int count, const float(&v)[4]) { store(0, i, j, count, v); });
        }
      }
      __syncthreads();  // the gradients were read
    }
  }
}

}  // namespace oct::cuda
