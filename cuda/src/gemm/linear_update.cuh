// What follows from the gradient of a linear layer: the sums of its columns, and the SGD update in an epilogue.
#pragma once
#include "gemm/gemm.cuh"
#include "optimizer/rates.cuh"

namespace oct::cuda {

// dbias [n] = sum of dy [m,n] over m: 8 warps take every 8th row of 32 columns, then their sums in ascending order. Bound: one read of dy,
// which the product before has left in the L2 cache.
template <class T>
__global__ void __launch_bounds__(256) column_sums(const T* dy, int64_t m, int64_t n, int64_t ld, float* dbias) {
  GPU_SHARED(float, of_warp, [8][32]);
  const int64_t column = static_cast<int64_t>(blockIdx.x) * 32 + threadIdx.x % 32;
  float sum = 0.0f;
  if (column < n) {
#pragma unroll 4
    for (int64_t row = threadIdx.x / 32; row < m; row += 8) sum += gpu::to_float(dy[row * ld + column]);
  }
  of_warp[threadIdx.x / 32][threadIdx.x % 32] = sum;
  __syncthreads();
  if (threadIdx.x >= 32 || column >= n) return;
  float total = 0.0f;
#pragma unroll
  for (int warp = 0; warp < 8; ++warp) total += of_warp[warp][threadIdx.x];
  dbias[column] = total;
}

template <class T>
oct_status run_column_sums(Launches& launches, const T* dy, int64_t m, int64_t n, int64_t ld, float* dbias) {
  return launch(launches, "column_sums", column_sums<T>, {dim3(static_cast<unsigned>(gpu::ceil_div(n, int64_t{32}))), dim3(256)}, dy, m, n,
                ld, dbias);
}

// sgd_step on the weights of a tile, whose gradient is in registers. Bound: 16 bytes per weight, and 2 for the BF16 copy; with a gradient
// in memory 8 more.
struct SgdUpdate {
  const float* rates;  // learning rate, gradient scale
  float momentum, decay;
  bool nesterov, wide;
  float* weight;
  float* buffer;
  gpu::bf16* rounded;  // or null
  int64_t ld;
  Fault* fault;

  GPU_INLINE float step(const SgdRates& by, float gradient, float old, float* momentum_buffer) const {
    const float g = by.gradient_scale * gradient + decay * old;
    *momentum_buffer = momentum * *momentum_buffer + g;
    return old - by.learning_rate * (nesterov ? g + momentum * *momentum_buffer : *momentum_buffer);
  }

  GPU_INLINE void operator()(int64_t, int64_t row, int64_t column, int count, const float (&gradient)[4]) const {
    const int64_t at = row * ld + column;
    const SgdRates by{rates[0], rates[1]};
    if (at == 0) check_rates(by, fault);
    if (wide && count == 4) {
      const uint4 w = gpu::load16(weight + at), b = gpu::load16(buffer + at);
      float old[4] = {__uint_as_float(w.x), __uint_as_float(w.y), __uint_as_float(w.z), __uint_as_float(w.w)};
      float sum[4] = {__uint_as_float(b.x), __uint_as_float(b.y), __uint_as_float(b.z), __uint_as_float(b.w)};
#pragma unroll
      for (int e = 0; e < 4; ++e) old[e] = step(by, gradient[e], old[e], &sum[e]);
      gpu::store16(weight + at,
                   make_uint4(__float_as_uint(old[0]), __float_as_uint(old[1]), __float_as_uint(old[2]), __float_as_uint(old[3])));
      gpu::store16(buffer + at,
                   make_uint4(__float_as_uint(sum[0]), __float_as_uint(sum[1]), __float_as_uint(sum[2]), __float_as_uint(sum[3])));
      if (rounded != nullptr) gpu::store8(rounded + at, make_uint2(gpu::pack_bf16(old[0], old[1]), gpu::pack_bf16(old[2], old[3])));
      return;
    }
#pragma unroll
    for (int e = 0; e < 4; ++e) {
      if (e >= count) break;
      float sum = buffer[at + e];
      const float updated = step(by, gradient[e], weight[at + e], &sum);
      weight[at + e] = updated;
      buffer[at + e] = sum;
      if (rounded != nullptr) rounded[at + e] = gpu::from_float<gpu::bf16>(updated);
    }
  }
};

}  // namespace oct::cuda
