// The fused head with the logits of a chunk of classes in memory: the steps between the products.
#pragma once
#include "softmax/linear_softmax_row.cuh"

namespace oct::cuda {

// Sums of a chunk's logits [rows, width], classes first to first + width, into part `part` of the rows' sums [rows, parts]. A block per
// row. Bound: a read of the logits.
__global__ void __launch_bounds__(256)
    linear_softmax_chunk_sums(LabelLoss a, const float* logits, int64_t width, int64_t first, RowSums* sums, int64_t parts, int64_t part) {
  GPU_SHARED(MaxSum, of_warp, [8]);
  const int64_t row = blockIdx.x;
  const float* z = logits + row * width;
  const uint32_t lane = gpu::lane(), warp = threadIdx.x / 32;
  MaxSum mine{-INFINITY, 0.0f};
  for (int64_t j = threadIdx.x; j < width; j += 4 * 256) {
    float v[4];
#pragma unroll
    for (int e = 0; e < 4; ++e) v[e] = j + e * 256 < width ? z[j + e * 256] : -INFINITY;
    mine = merge(mine, max_sum_of(v));
  }
  mine = warp_merge(mine);
  if (lane == 0) of_warp[warp] = mine;
  __syncthreads();
  if (warp != 0) return;
  const MaxSum total = warp_merge(lane < 8 ? of_warp[lane] : MaxSum{-INFINITY, 0.0f});
  const RowLabels labels = labels_of(a, row);
  const float shift = shift_of(total.max);
  float of_labels = 0.0f, found = 0.0f;
  for (int32_t l = static_cast<int32_t>(lane); l < labels.count; l += 32) {
    const int64_t at = labels.first[l] - first;
    if (labels.first[l] < 0 || at < 0 || at >= width) continue;
    of_labels += z[at] - shift;
    ++found;
  }
  of_labels = gpu::warp_sum(of_labels);
  found = gpu::warp_sum(found);
  if (lane == 0) sums[row * parts + part] = {total.max, total.sum, of_labels, found};
}

// Gradients of a chunk's logits [rows, width], rounded to T; for F32 they may lie where the logits do. Bound: a read and a write.
template <class T>
__global__ void __launch_bounds__(256) linear_softmax_chunk_gradients(LabelLoss a, const float* logits, int64_t width, int64_t first,
                                                                      const RowFactors* factors, T* gradients) {
  const int64_t row = blockIdx.x;
  const RowFactors f = factors[row];
  const RowLabels labels = labels_of(a, row);
  for (int64_t j = static_cast<int64_t>(blockIdx.y) * 256 + threadIdx.x; j < width; j += static_cast<int64_t>(gridDim.y) * 256) {
    float g = gpu::fast_exp(logits[row * width + j] - f.max) * f.factor;
    for (int32_t l = 0; l < labels.count; ++l) g -= labels.first[l] == first + j ? f.share : 0.0f;
    gradients[row * width + j] = gpu::from_float<T>(g);
  }
}

}  // namespace oct::cuda
