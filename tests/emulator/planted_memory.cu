// Planted: addresses that are not memory, not initialized, not aligned.
#include "planted.h"

namespace planted {
namespace {

using emu::Kind;

template <bool Bug>
__global__ void read_past(const float* x, float* y, int n) {
  const int i = static_cast<int>(threadIdx.x);
  if (i < n + (Bug ? 1 : 0)) y[i] = x[i];  // here: read_past
}

template <bool Bug>
__global__ void write_before(float* y) {
  const int i = static_cast<int>(threadIdx.x);
  y[i - (Bug ? 1 : 0)] = 0.0f;  // here: write_before
}

template <bool Bug>
__global__ void write_one_byte_past(uint8_t* y, int n) {
  for (int i = static_cast<int>(threadIdx.x); i < n + (Bug ? 1 : 0); i += 32) y[i] = 1;  // here: write_one_byte_past
}

template <bool Bug>
__global__ void shared_array_past(float* y) {
  GPU_SHARED(float, part, [31]);
  GPU_SHARED(float, next, [32]);
  next[threadIdx.x] = 0.0f;
  if (threadIdx.x < (Bug ? 32 : 31)) part[threadIdx.x] = 1.0f;  // here: shared_array_past
  __syncthreads();
  y[threadIdx.x] = next[threadIdx.x] + part[0];
}

template <bool Bug>
__global__ void dynamic_shared_past(float* y, int n) {
  auto* all = gpu::dynamic_shared<float>();
  const int i = static_cast<int>(threadIdx.x);
  if (i < n + (Bug ? 1 : 0)) all[i] = 1.0f;  // here: dynamic_shared_past
  __syncthreads();
  if (i < n) y[i] = all[n - 1 - i];
}

template <bool Bug>
__global__ void vector_past(const float* x, float* y) {
  const uint4 v = gpu::load16(x + 4 * threadIdx.x + (Bug && threadIdx.x == 31 ? 4 : 0));  // here: vector_past
  gpu::store16(y + 4 * threadIdx.x, v);
}

template <bool Bug>
__global__ void uninitialized_global(float* scratch, float* y) {
  if (!Bug) scratch[threadIdx.x] = 1.0f;
  y[threadIdx.x] = scratch[threadIdx.x];  // here: uninitialized_global
}

template <bool Bug>
__global__ void uninitialized_shared(float* y) {
  GPU_SHARED(float, part, [64]);
  if (!Bug || threadIdx.x != 5) part[threadIdx.x] = 1.0f;
  __syncthreads();
  y[threadIdx.x] = part[63 - threadIdx.x];  // here: uninitialized_shared
}

template <bool Bug>
__global__ void uninitialized_half(float* y) {
  GPU_SHARED(uint16_t, part, [66]);
  if (!Bug || threadIdx.x != 7) part[threadIdx.x] = 1;
  __syncthreads();
  const int from = static_cast<int>(threadIdx.x) ^ 1;
  y[threadIdx.x] = static_cast<float>(part[from]);  // here: uninitialized_half
}

template <bool Bug>
__global__ void misaligned_load(const float* x, float* y) {
  const uint4 v = gpu::load16(x + 4 * threadIdx.x + (Bug ? 1 : 0));  // here: misaligned_load
  y[threadIdx.x] = __uint_as_float(v.x);
}

template <bool Bug>
__global__ void freed_memory(const float* x, const float* gone, float* y) {
  y[threadIdx.x] = Bug ? gone[threadIdx.x] : x[threadIdx.x];  // here: freed_memory
}

template <bool Bug>
__global__ void null_pointer(const float* x, float* y) {
  const float* from = Bug ? nullptr : x;
  y[threadIdx.x] = from[threadIdx.x];  // here: null_pointer
}

template <bool Bug>
__global__ void host_pointer(float* host, float* y) {
  float* to = Bug ? host : y;
  to[threadIdx.x] = 1.0f;  // here: host_pointer
}

template <bool Bug>
__global__ void sum_of_two(const float* x, float* y) {
  y[threadIdx.x] = x[threadIdx.x] + (Bug ? x[threadIdx.x + 32] : 0.0f);  // here: sum_of_two
}

}  // namespace

std::vector<Case> memory_cases() {
  const gpu::LaunchShape warp{dim3(1), dim3(32), 0, 1};
  const gpu::LaunchShape two{dim3(1), dim3(64), 0, 1};
  const auto only = [](unsigned x) { return [x](const emu::Finding& f) { return thread_is(f.here, x); }; };
  return {
      {"read_past", Kind::out_of_bounds,
       [=](bool bug) {
         Buffer<float> x(20), y(32);
         PLANTED_RUN(bug, read_past, warp, x, y, 20);
       },
       only(20)},
      {"write_before", Kind::out_of_bounds,
       [=](bool bug) {
         Buffer<float> y(32);
         PLANTED_RUN(bug, write_before, warp, y);
       },
       only(0)},
      {"write_one_byte_past", Kind::out_of_bounds,
       [=](bool bug) {
         Buffer<uint8_t> y(45);
         PLANTED_RUN(bug, write_one_byte_past, warp, y, 45);
       },
       only(13)},
      {"shared_array_past", Kind::out_of_bounds,
       [=](bool bug) {
         Buffer<float> y(32);
         PLANTED_RUN(bug, shared_array_past, warp, y);
       },
       only(31)},
      {"dynamic_shared_past", Kind::out_of_bounds,
       [=](bool bug) {
         Buffer<float> y(32);
         PLANTED_RUN(bug, dynamic_shared_past, (gpu::LaunchShape{dim3(1), dim3(32), 25 * sizeof(float), 1}), y, 25);
       },
       only(25)},
      {"vector_past", Kind::out_of_bounds,
       [=](bool bug) {
         Buffer<float> x(128), y(128);
         PLANTED_RUN(bug, vector_past, warp, x, y);
       },
       only(31)},
      {"uninitialized_global", Kind::uninitialized_read,
       [=](bool bug) {
         Buffer<float> scratch(32, false), y(32);
         PLANTED_RUN(bug, uninitialized_global, warp, scratch, y);
       },
       below(32)},
      {"uninitialized_shared", Kind::uninitialized_read,
       [=](bool bug) {
         Buffer<float> y(64);
         PLANTED_RUN(bug, uninitialized_shared, two, y);
       },
       only(58)},
      {"uninitialized_half", Kind::uninitialized_read,
       [=](bool bug) {
         Buffer<float> y(64);
         PLANTED_RUN(bug, uninitialized_half, two, y);
       },
       only(6)},
      {"misaligned_load", Kind::misaligned,
       [=](bool bug) {
         Buffer<float> x(160), y(32);
         PLANTED_RUN(bug, misaligned_load, warp, x, y);
       },
       below(32)},
      {"freed_memory", Kind::use_after_free,
       [=](bool bug) {
         Buffer<float> x(32), y(32);
         void* gone = emu::allocate(32 * sizeof(float));
         emu::set(gone, 0, 32 * sizeof(float));
         emu::free(gone);
         PLANTED_RUN(bug, freed_memory, warp, x, static_cast<const float*>(gone), y);
       },
       below(32)},
      {"null_pointer", Kind::host_memory,
       [=](bool bug) {
         Buffer<float> x(32), y(32);
         PLANTED_RUN(bug, null_pointer, warp, x, y);
       },
       below(32)},
      {"host_pointer", Kind::host_memory,
       [=](bool bug) {
         std::vector<float> host(32);
         Buffer<float> y(32);
         PLANTED_RUN(bug, host_pointer, warp, host.data(), y);
       },
       below(32)},
      {"sum_of_two", Kind::out_of_bounds,
       [=](bool bug) {
         Buffer<float> x(48), y(32);
         PLANTED_RUN(bug, sum_of_two, warp, x, y);
       },
       [](const emu::Finding& f) { return f.here.thread.x >= 16 && f.here.thread.x < 32; }},
  };
}

}  // namespace planted
