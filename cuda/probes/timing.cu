// Kernels of the benchmarks that are not operations: inputs, the copy whose speed is the ceiling, and a delay.
#include "runtime/launches.h"
#include "stage.h"

namespace oct::probes {
namespace {

// Hash of a place: two rounds of a multiply and a shift, enough for values that no kernel can profit from.
GPU_INLINE uint32_t hash(uint32_t x) {
  x ^= x >> 16;
  x *= 0x7feb352du;
  x ^= x >> 15;
  x *= 0x846ca68bu;
  return x ^ x >> 16;
}

// One value per thread and turn. Bound: one write of count elements.
template <class T>
__global__ void fill_kernel(T* data, int64_t count, uint32_t seed, float scale) {
  const int64_t stride = static_cast<int64_t>(gridDim.x) * blockDim.x;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < count; i += stride) {
    const uint32_t bits = hash(static_cast<uint32_t>(i) * 0x9e3779b9u + static_cast<uint32_t>(i >> 32) + seed);
    data[i] = gpu::from_float<T>((static_cast<float>(bits >> 8) * 0x1p-23f - 1.0f) * scale);
  }
}

// 16 bytes per thread, four in flight. Bound: one read and one write of 16 vectors bytes.
__global__ void __launch_bounds__(256) copy_kernel(uint4* __restrict__ to, const uint4* __restrict__ from, int64_t vectors) {
  constexpr int kInFlight = 4;
  const int64_t first = static_cast<int64_t>(blockIdx.x) * 256 * kInFlight + threadIdx.x;
  uint4 held[kInFlight];
#pragma unroll
  for (int i = 0; i < kInFlight; ++i) {
    if (first + i * 256 < vectors) held[i] = gpu::load16_once(from + first + i * 256);
  }
#pragma unroll
  for (int i = 0; i < kInFlight; ++i) {
    if (first + i * 256 < vectors) gpu::store16_once(to + first + i * 256, held[i]);
  }
}

// One thread, a chain of dependent operations of about 4 cycles each.
__global__ void delay_kernel(float* sink, int64_t operations) {
  float x = 1.0f;
  for (int64_t i = 0; i < operations; ++i) x = fmaf(x, 0.999999f, 1e-6f);
  if (x < 0) *sink = x;  // never, and the compiler does not know
}

}  // namespace

std::string fill(oct_context* context, oct_dtype dtype, void* data, int64_t count, uint32_t seed, float scale) {
  const cuda::State& s = cuda::state(context);
  const gpu::LaunchShape shape{dim3(static_cast<unsigned>(s.limits.multiprocessors * 8)), dim3(256)};
  const std::string problem = gpu::use_device(s.ordinal);
  if (!problem.empty()) return problem;
  if (dtype == OCT_BF16)
    return gpu::launch("fill", fill_kernel<gpu::bf16>, shape, s.stream, static_cast<gpu::bf16*>(data), count, seed, scale);
  if (dtype == OCT_F32) return gpu::launch("fill", fill_kernel<float>, shape, s.stream, static_cast<float*>(data), count, seed, scale);
  return "fill: only f32 and bf16";
}

std::string copy(oct_context* context, void* to, const void* from, size_t bytes) {
  const cuda::State& s = cuda::state(context);
  const auto vectors = static_cast<int64_t>(bytes / 16);
  const gpu::LaunchShape shape{dim3(static_cast<unsigned>(gpu::ceil_div<int64_t>(vectors, 1024))), dim3(256)};
  const std::string problem = gpu::use_device(s.ordinal);
  if (!problem.empty()) return problem;
  return gpu::launch("copy", copy_kernel, shape, s.stream, static_cast<uint4*>(to), static_cast<const uint4*>(from), vectors);
}

std::string delay(oct_context* context, int microseconds) {
  const cuda::State& s = cuda::state(context);
  const std::string problem = gpu::use_device(s.ordinal);
  if (!problem.empty()) return problem;
  // 1.7 GHz and 4 cycles per operation: the time is approximate.
  return gpu::launch("delay", delay_kernel, {dim3(1), dim3(1)}, s.stream, reinterpret_cast<float*>(s.fault), int64_t{425} * microseconds);
}

}  // namespace oct::probes
