#include "host_kernels.h"

namespace host_kernels {
namespace {

__global__ void copy_kernel(const float* x, float* y, int n) {
  const int i = static_cast<int>(blockIdx.x * 64 + threadIdx.x);
  if (i < n) y[i] = x[i];
}

__global__ void anywhere_kernel(float* x) {
  if (threadIdx.x == 0) x[0] = 1.0f;
}

__global__ void deadlock_kernel(float* y) {
  GPU_SHARED(gpu::mbarrier, never, [1]);
  if (threadIdx.x == 0) gpu::mbarrier_init(never, 65);
  __syncthreads();
  gpu::mbarrier_arrive(never);
  gpu::mbarrier_wait(never, 0);
  y[threadIdx.x] = 1.0f;
}

__global__ void shuffles_kernel(float* y) {
  GPU_SHARED(int, count, [1]);
  if (threadIdx.x == 0) *count = 0;
  __syncthreads();
  y[threadIdx.x] = static_cast<float>(gpu::atomic_add(&count[0], 1));
}

__global__ void neighbors_kernel(float* y) {
  GPU_SHARED(float, part, [32]);
  part[threadIdx.x] = 1.0f;
  y[threadIdx.x] = part[(threadIdx.x + 1) % 32];
}

}  // namespace

std::string copy(const float* x, float* y, int n) {
  return gpu::launch("copy", copy_kernel, {dim3(static_cast<unsigned>(gpu::ceil_div(n, 64))), dim3(64), 0, 1}, nullptr, x, y, n);
}
std::string anywhere(float* x, const gpu::LaunchShape& shape) { return gpu::launch("anywhere", anywhere_kernel, shape, nullptr, x); }
std::string deadlock(float* y) { return gpu::launch("deadlock", deadlock_kernel, {dim3(1), dim3(64), 0, 1}, nullptr, y); }
std::string shuffles(float* y) { return gpu::launch("shuffles", shuffles_kernel, {dim3(1), dim3(64), 0, 1}, nullptr, y); }
std::string neighbors(float* y) { return gpu::launch("neighbors", neighbors_kernel, {dim3(1), dim3(32), 0, 1}, nullptr, y); }
float read_on_host(const float* x) { return *x; }

}  // namespace host_kernels
