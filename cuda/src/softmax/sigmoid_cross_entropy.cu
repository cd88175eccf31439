// Sigmoid cross-entropy: one block per row, one read and one write of B V elements. An accurate expf and log1pf per element: about 40
// instructions, which 132 multiprocessors do for 0.7e12 elements per second, near what memory delivers in BF16.
#include "runtime/kernels.h"
#include "softmax/label_row.cuh"

namespace oct::cuda {
namespace {

// A label's term softplus(x) - x is softplus(-x), and its gradient -sigmoid(-x): a label's logit is negated first, and nothing is ever a
// difference of large numbers.
template <class T>
__global__ void __launch_bounds__(1024, 1) sigmoid_cross_entropy_row(LabelLoss a) {
  GPU_SHARED(float, of_warp, [32]);
  const uint32_t warp = threadIdx.x / 32, warps = blockDim.x / 32, lane = gpu::lane();
  for (int64_t index = blockIdx.x; index < a.rows; index += gridDim.x) {
    const LabelRow<T> row = row_of<T>(a, index, threadIdx.x == 0);
    for (int32_t l = static_cast<int32_t>(threadIdx.x); l < row.label_count; l += static_cast<int32_t>(blockDim.x)) {
      const int32_t label = row.labels[l];
      if (label < 0 || label >= row.classes) report(a.fault, kLabelOutOfRange, label, index, row.classes);
    }
    const uint32_t with_labels = row.chunks_with_labels(threadIdx.x, blockDim.x);
    const int32_t chunks = row.chunks();
    float loss = 0.0f;
    uint32_t item = 0;
    for (int32_t chunk = static_cast<int32_t>(threadIdx.x); chunk < chunks; chunk += static_cast<int32_t>(blockDim.x), ++item) {
      float v[kChunk<T>];
      unpack<T>(row.load(chunk), v);  // what is not the row's is -inf, whose term is 0
      uint32_t is_label = 0;
      if ((with_labels >> (item & 31u) & 1u) != 0) {
        const int32_t begin = chunk * kChunk<T> - row.lead;
        for (int32_t l = 0; l < row.label_count; ++l) {
          const int32_t at = row.labels[l] - begin;
          if (at >= 0 && at < kChunk<T>) is_label |= 1u << at;
        }
      }
      float sum = 0.0f;
#pragma unroll
      for (int e = 0; e < kChunk<T>; ++e) {
        const bool label = (is_label >> e & 1u) != 0;
        const float z = label ? -v[e] : v[e];
        const float tail = expf(-fabsf(z));
        sum += log1pf(tail) + (z < 0.0f ? 0.0f : z);
        const float scaled = a.gradient_scale * ((z < 0.0f ? tail : 1.0f) / (1.0f + tail));
        v[e] = label ? -scaled : scaled;
      }
      loss += sum;
      if (row.dx != nullptr) row.store(chunk, v);
    }
    loss = gpu::warp_sum(loss);
    if (lane == 0) of_warp[warp] = loss;
    __syncthreads();
    if (warp == 0) {
      const float total = gpu::warp_sum(lane < warps ? of_warp[lane] : 0.0f);
      if (lane == 0) a.loss[index] = total;
    }
    __syncthreads();  // of_warp is free again
  }
}

}  // namespace

oct_status workspace(Launches& launches, const oct_sigmoid_cross_entropy_args& a, size_t* bytes) {
  *bytes = 0;
  return check_classes(launches, "sigmoid_cross_entropy", a.logits.shape[1]);
}

oct_status sigmoid_cross_entropy(Launches& launches, const oct_sigmoid_cross_entropy_args& args, void*) {
  const LabelLoss a = label_loss_of(launches, args, 0);
  return with_float_type(args.logits.dtype, [&](auto type) {
    using T = decltype(type);
    // Four chunks per thread, so that a row's loads overlap; the grid is limited to what its type can hold.
    const int64_t threads = gpu::round_up(gpu::ceil_div(most_chunks<T>(a.classes), int64_t{4}), int64_t{32});
    const dim3 grid(static_cast<unsigned>(a.rows < INT32_MAX ? a.rows : INT32_MAX));
    return launch(launches, "sigmoid_cross_entropy_row", sigmoid_cross_entropy_row<T>,
                  {grid, dim3(static_cast<unsigned>(threads < 1024 ? threads : 1024))}, a);
  });
}

}  // namespace oct::cuda
