// Rows of any length: online (max, sum) [Milakov & Gimelshein 2018], then a second read, which the L2 cache serves for rows up to some
// hundred thousand classes. Bound: 2 reads and 1 write of B V elements.
#pragma once
#include "softmax/softmax_row.cuh"

namespace oct::cuda {

template <class T>
__global__ void __launch_bounds__(1024, 1) softmax_cross_entropy_two_pass(LabelLoss a) {
  GPU_SHARED(MaxSum, of_warp, [32]);
  const int64_t index = blockIdx.x;
  const uint32_t warp = threadIdx.x / 32, warps = blockDim.x / 32, lane = gpu::lane();
  const LabelRow<T> row = row_of<T>(a, index, threadIdx.x == 0);
  const int32_t chunks = row.chunks();
  MaxSum mine{-INFINITY, 0.0f};
#pragma unroll 4
  for (int32_t chunk = static_cast<int32_t>(threadIdx.x); chunk < chunks; chunk += static_cast<int32_t>(blockDim.x)) {
    float v[kChunk<T>];
    unpack<T>(row.load(chunk), v);
    mine = merge(mine, max_sum_of(v));
  }
  mine = warp_merge(mine);
  LabelSum labels{};
  if (warp == 0) labels = sum_of_labels(a, row, index);
  if (lane == 0) of_warp[warp] = mine;
  __syncthreads();
  const MaxSum total = warp_merge(lane < warps ? of_warp[lane] : MaxSum{-INFINITY, 0.0f});
  if (threadIdx.x == 0) a.loss[index] = loss_of(total, labels);
  if (row.dx == nullptr) return;
  const uint32_t with_labels = row.chunks_with_labels(threadIdx.x, blockDim.x);
  const float factor = a.gradient_scale / total.sum, share = a.gradient_scale / static_cast<float>(row.label_count);
  uint32_t item = 0;
#pragma unroll 2
  for (int32_t chunk = static_cast<int32_t>(threadIdx.x); chunk < chunks; chunk += static_cast<int32_t>(blockDim.x), ++item) {
    write_gradient(row, chunk, row.load(chunk), (with_labels >> (item & 31u) & 1u) != 0, total.max, factor, share);
  }
}

}  // namespace oct::cuda
