// Rows that fit the registers of a warp, a block or a cluster: one read and one write of B V elements, the bound. 2 exponentials per
// element (the second is cheaper than keeping the first): of an H100's 3.6e12 per second that is half, at 4 bytes of traffic per element.
#pragma once
#include "softmax/softmax_row.cuh"

namespace oct::cuda {

// A thread's part of a row: chunks first, first + step, ... (`Items` at most), as they lie in memory.
template <class T, int Items>
struct RowPart {
  uint4 raw[Items];

  GPU_INLINE MaxSum load(const LabelRow<T>& row, int32_t first, int32_t step) {
    const int32_t chunks = row.chunks();
#pragma unroll
    for (int i = 0; i < Items; ++i) {
      const int32_t chunk = first + i * step;
      constexpr uint32_t kEmpty = sizeof(T) == 4 ? 0xff800000u : 0xff80ff80u;  // -inf
      raw[i] = chunk < chunks ? row.load(chunk) : make_uint4(kEmpty, kEmpty, kEmpty, kEmpty);
    }
    float max = -INFINITY, sum = 0.0f;
#pragma unroll
    for (int i = 0; i < Items; ++i) {
      float v[kChunk<T>];
      unpack<T>(raw[i], v);
#pragma unroll
      for (int e = 0; e < kChunk<T>; ++e) max = fmaxf(max, v[e]);
    }
    const float shift = shift_of(max);
#pragma unroll
    for (int i = 0; i < Items; ++i) {
      float v[kChunk<T>];
      unpack<T>(raw[i], v);
#pragma unroll
      for (int e = 0; e < kChunk<T>; ++e) sum += gpu::fast_exp(v[e] - shift);
    }
    return {max, sum};
  }

  GPU_INLINE void write(const LabelRow<T>& row, int32_t first, int32_t step, const MaxSum& total, float gradient_scale) const {
    const int32_t chunks = row.chunks();
    const uint32_t with_labels = row.chunks_with_labels(static_cast<uint32_t>(first), static_cast<uint32_t>(step));
    const float factor = gradient_scale / total.sum, share = gradient_scale / static_cast<float>(row.label_count);
#pragma unroll
    for (int i = 0; i < Items; ++i) {
      const int32_t chunk = first + i * step;
      if (chunk < chunks) write_gradient(row, chunk, raw[i], (with_labels >> i & 1u) != 0, total.max, factor, share);
    }
  }
};

// A warp per row, 8 rows per block: for V of some hundreds a block would mostly wait at its barriers.
template <class T, int Items>
__global__ void __launch_bounds__(256, 2) softmax_cross_entropy_rows_in_warps(LabelLoss a) {
  const int64_t index = static_cast<int64_t>(blockIdx.x) * (blockDim.x / 32) + threadIdx.x / 32;
  if (index >= a.rows) return;  // the whole warp; there is no barrier of the block
  const int32_t lane = static_cast<int32_t>(gpu::lane());
  const LabelRow<T> row = row_of<T>(a, index, lane == 0);
  RowPart<T, Items> part;
  const MaxSum total = warp_merge(part.load(row, lane, 32));
  const LabelSum labels = sum_of_labels(a, row, index);
  if (lane == 0) a.loss[index] = loss_of(total, labels);
  __syncwarp();  // the labels' logits were read
  if (row.dx != nullptr) part.write(row, lane, 32, total, a.gradient_scale);
}

// One block per row. V is large (17k), B a few hundred.
template <class T, int Items>
__global__ void __launch_bounds__(1024, 1) softmax_cross_entropy_row_in_registers(LabelLoss a) {
  GPU_SHARED(MaxSum, of_warp, [32]);
  const int64_t index = blockIdx.x;
  const uint32_t warp = threadIdx.x / 32, warps = blockDim.x / 32, lane = gpu::lane();
  const LabelRow<T> row = row_of<T>(a, index, threadIdx.x == 0);
  RowPart<T, Items> part;
  const MaxSum mine = warp_merge(part.load(row, static_cast<int32_t>(threadIdx.x), static_cast<int32_t>(blockDim.x)));
  LabelSum labels{};
  if (warp == 0) labels = sum_of_labels(a, row, index);
  if (lane == 0) of_warp[warp] = mine;
  __syncthreads();
  const MaxSum total = warp_merge(lane < warps ? of_warp[lane] : MaxSum{-INFINITY, 0.0f});
  if (threadIdx.x == 0) a.loss[index] = loss_of(total, labels);
  if (row.dx != nullptr) part.write(row, static_cast<int32_t>(threadIdx.x), static_cast<int32_t>(blockDim.x), total, a.gradient_scale);
}

// A cluster of 2 to 16 blocks per row, which exchange their pairs through distributed shared memory: rows too long for one block's
// registers, or so few that a block per row leaves multiprocessors idle.
template <class T, int Items>
__global__ void __launch_bounds__(512, 1) softmax_cross_entropy_row_in_cluster(LabelLoss a) {
  GPU_SHARED(MaxSum, of_warp, [32]);
  GPU_SHARED(MaxSum, of_block, [1]);
  const uint32_t rank = gpu::cluster_rank(), blocks = gpu::cluster_size();
  const int64_t index = blockIdx.x / blocks;
  const uint32_t warp = threadIdx.x / 32, warps = blockDim.x / 32, lane = gpu::lane();
  const int32_t first = static_cast<int32_t>(rank * blockDim.x + threadIdx.x), step = static_cast<int32_t>(blocks * blockDim.x);
  const LabelRow<T> row = row_of<T>(a, index, first == 0);
  RowPart<T, Items> part;
  const MaxSum mine = warp_merge(part.load(row, first, step));
  LabelSum labels{};
  if (rank == 0 && warp == 0) labels = sum_of_labels(a, row, index);
  if (lane == 0) of_warp[warp] = mine;
  __syncthreads();
  if (warp == 0) {
    const MaxSum block = warp_merge(lane < warps ? of_warp[lane] : MaxSum{-INFINITY, 0.0f});
    if (lane == 0) of_block[0] = block;
  }
  gpu::cluster_sync();
  const MaxSum total = warp_merge(lane < blocks ? *gpu::cluster_map(&of_block[0], lane) : MaxSum{-INFINITY, 0.0f});
  gpu::cluster_arrive();  // this block read the others'
  if (first == 0) a.loss[index] = loss_of(total, labels);
  if (row.dx != nullptr) part.write(row, first, step, total, a.gradient_scale);
  gpu::cluster_wait();
}

}  // namespace oct::cuda
