// Matrix products: a block per tile of C and part of the depth; an epilogue decides what becomes of the sums.
#pragma once
#include "gemm/tile_mma.cuh"
#include "gemm/tile_simt.cuh"

namespace oct::cuda {

// Adds the tile's products to its sums. `shared` holds GemmTile<T>::kSharedBytes; free before and, after a barrier, behind.
template <bool ADepth, bool BDepth, class T>
GPU_INLINE void multiply(GemmTile<T>& tile, T* shared, const Operand<T>& a, const Operand<T>& b, const TilePlace& p) {
  using Tile = GemmTile<T>;
  const int64_t steps = gpu::ceil_div(p.end - p.begin, int64_t{Tile::kDepth});
  const auto load = [&](int64_t step) {
    T* stage = shared + step % Tile::kStages * (2 * Tile::kOperandElements);
    const int64_t begin = p.begin + step * Tile::kDepth;
    Tile::template load<ADepth>(a, stage, p.row, p.m, begin, p.end);
    Tile::template load<BDepth>(b, stage + Tile::kOperandElements, p.column, p.n, begin, p.end);
  };
#pragma unroll
  for (int64_t step = 0; step < Tile::kStages - 1; ++step) {
    if (step < steps) load(step);
    gpu::cp_async_commit();
  }
#pragma unroll 1
  for (int64_t step = 0; step < steps; ++step) {
    gpu::cp_async_wait<Tile::kStages - 2>();
    __syncthreads();  // the stage is there, and every thread has left the one that is loaded next
    if (step + Tile::kStages - 1 < steps) load(step + Tile::kStages - 1);
    gpu::cp_async_commit();
    const T* stage = shared + step % Tile::kStages * (2 * Tile::kOperandElements);
    tile.template multiply_stage<ADepth, BDepth>(stage, stage + Tile::kOperandElements);
  }
  gpu::cp_async_wait<0>();
}

// Stores C in type T, plus bias f32[n] if there is one. Part s of the depth goes `part` elements further; `add`: to what is there.
template <class T>
struct StoreSums {
  T* c;
  int64_t ld;
  const float* bias;  // or null
  int64_t part;
  bool add, wide;

  GPU_INLINE void operator()(int64_t split, int64_t row, int64_t column, int count, const float (&sum)[4]) const {
    T* to = c + split * part + row * ld + column;
    float v[4];
#pragma unroll
    for (int e = 0; e < 4; ++e) {
      v[e] = sum[e];
      if (e >= count) continue;
      if (bias != nullptr) v[e] += bias[column + e];
      if (add) v[e] += gpu::to_float(to[e]);
    }
    if (wide && count == 4) {
      if constexpr (sizeof(T) == 4) {
        gpu::store16(to, make_uint4(__float_as_uint(v[0]), __float_as_uint(v[1]), __float_as_uint(v[2]), __float_as_uint(v[3])));
      } else {
        gpu::store8(to, make_uint2(gpu::pack_bf16(v[0], v[1]), gpu::pack_bf16(v[2], v[3])));
      }
      return;
    }
#pragma unroll
    for (int e = 0; e < 4; ++e) {
      if (e < count) to[e] = gpu::from_float<T>(v[e]);
    }
  }
};

template <class T>
StoreSums<T> store_sums(T* c, int64_t ld, const float* bias = nullptr, bool add = false, int64_t part = 0) {
  const bool wide = aligned({c}, 4 * sizeof(T)) && ld % 4 == 0 && part % 4 == 0;
  return {c, ld, bias, part, add, wide};
}

template <class T>
struct Product {
  Operand<T> a, b;
  int64_t m, n, k;
  int64_t depth;  // terms of a part; a multiple of the tile's depth, or k
};

// Bound: 2 m n k FLOP, or one read of A and B (a column of tiles at a time: the larger operand, B, comes from memory once) and what the
// epilogue touches.
template <bool ADepth, bool BDepth, class T, class Epilogue>
__global__ void __launch_bounds__(kTileThreads, sizeof(T) == 2 ? 2 : 1) gemm_tiles(Product<T> p, Epilogue epilogue) {
  T* shared = gpu::dynamic_shared<T>();
  const int64_t row_tiles = gpu::ceil_div(p.m, int64_t{kTileRows});
  const int64_t block = blockIdx.x, split = blockIdx.y, begin = split * p.depth;
  const TilePlace place{
      block % row_tiles * kTileRows, block / row_tiles * kTileColumns, p.m, p.n, begin, begin + p.depth < p.k ? begin + p.depth : p.k};
  GemmTile<T> tile;
  tile.clear();
  multiply<ADepth, BDepth>(tile, shared, p.a, p.b, place);
  hand_out(
      place, reinterpret_cast<float*>(shared), [&](int half, float* to) { tile.template stage<ADepth, BDepth>(half, to); },
      [&](int64_t i, int64_t j, int count, const float(&v)[4]) { epilogue(split, i, j, count, v); });
}

template <bool ADepth, bool BDepth, class T, class Epilogue>
oct_status run_gemm(Launches& launches, const char* name, const Product<T>& p, const Epilogue& epilogue) {
  const int64_t tiles = gpu::ceil_div(p.m, int64_t{kTileRows}) * gpu::ceil_div(p.n, int64_t{kTileColumns});
  const int64_t splits = gpu::ceil_div(p.k, p.depth);
  if (tiles > INT32_MAX)
    return fail(launches.context(), OCT_UNSUPPORTED, "%s: %lld tiles are more than a grid holds", name, static_cast<long long>(tiles));
  return launch(launches, name, gemm_tiles<ADepth, BDepth, T, Epilogue>,
                {dim3(static_cast<unsigned>(tiles), static_cast<unsigned>(splits)), dim3(kTileThreads), GemmTile<T>::kSharedBytes}, p,
                epilogue);
}

// Terms of a part of the depth: so many parts that two blocks per multiprocessor are at work, each of 8 stages at least.
template <class T>
int64_t depth_of_parts(const gpu::Limits& limits, int64_t m, int64_t n, int64_t k) {
  constexpr int64_t kLeast = 8 * GemmTile<T>::kDepth;
  const int64_t tiles = gpu::ceil_div(m, int64_t{kTileRows}) * gpu::ceil_div(n, int64_t{kTileColumns});
  const int64_t wanted = 2 * limits.multiprocessors / tiles, possible = k / kLeast;
  const int64_t parts = wanted < possible ? wanted : possible;
  return parts <= 1 ? k : gpu::round_up(gpu::ceil_div(k, parts), int64_t{GemmTile<T>::kDepth});
}

// y [m,n] = the sum of f32 parts [splits,m,n] in ascending order, plus bias f32[n] (or null). Bound: its reads, splits * 4 m n bytes.
template <class T>
__global__ void __launch_bounds__(256) sum_parts(const float* parts, int64_t splits, int64_t m, int64_t n, const float* bias, T* y) {
  const int64_t count = m * n;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count;
       i += static_cast<int64_t>(gridDim.x) * blockDim.x) {
    float sum = 0.0f;
    for (int64_t s = 0; s < splits; ++s) sum += parts[s * count + i];
    if (bias != nullptr) sum += bias[i % n];
    y[i] = gpu::from_float<T>(sum);
  }
}

template <class T>
oct_status run_sum_parts(Launches& launches, const float* parts, int64_t splits, int64_t m, int64_t n, const float* bias, T* y) {
  const int64_t blocks = gpu::ceil_div(m * n, int64_t{256}), most = int64_t{launches.limits().multiprocessors} * 16;
  return launch(launches, "sum_parts", sum_parts<T>, {dim3(static_cast<unsigned>(blocks < most ? blocks : most)), dim3(256)}, parts, splits,
                m, n, bias, y);
}

}  // namespace oct::cuda
