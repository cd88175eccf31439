// Planted: cp.async without its waits.
#include "planted.h"

namespace planted {
namespace {

using emu::Kind;

template <bool Bug>
__global__ void read_before_wait(const float* x, float* y) {
  GPU_SHARED(float, tile, [128]);
  gpu::cp_async_16(tile + 4 * threadIdx.x, x + 4 * threadIdx.x);  // other: read_before_wait
  gpu::cp_async_commit();
  if (!Bug) gpu::cp_async_wait<0>();
  y[threadIdx.x] = tile[4 * threadIdx.x];  // here: read_before_wait
  if (Bug) gpu::cp_async_wait<0>();
}

template <bool Bug>
__global__ void waits_for_the_older_group(const float* x, float* y) {
  GPU_SHARED(float, tile, [2][128]);
  for (int stage = 0; stage < 2; ++stage) {
    gpu::cp_async_16(&tile[stage][4 * threadIdx.x], x + 4 * threadIdx.x);  // other: waits_for_the_older_group
    gpu::cp_async_commit();
  }
  gpu::cp_async_wait<1>();
  y[threadIdx.x] = tile[Bug ? 1 : 0][4 * threadIdx.x];  // here: waits_for_the_older_group
  gpu::cp_async_wait<0>();
}

template <bool Bug>
__global__ void no_barrier_after_wait(const float* x, float* y) {
  GPU_SHARED(float, tile, [128]);
  tile[threadIdx.x] = tile[threadIdx.x + 32] = tile[threadIdx.x + 64] = tile[threadIdx.x + 96] = 0.0f;
  __syncthreads();
  gpu::cp_async_16(tile + 4 * threadIdx.x, x + 4 * threadIdx.x);  // other: no_barrier_after_wait
  gpu::cp_async_commit();
  gpu::cp_async_wait<0>();
  if (!Bug) __syncthreads();
  if (threadIdx.x == 0) y[0] = tile[127];  // here: no_barrier_after_wait
}

template <bool Bug>
__global__ void returns_without_wait(const float* x, float* y) {
  GPU_SHARED(float, tile, [128]);
  gpu::cp_async_16(tile + 4 * threadIdx.x, x + 4 * threadIdx.x);  // here: returns_without_wait
  gpu::cp_async_commit();
  if (!Bug) gpu::cp_async_wait<0>();
  y[threadIdx.x] = 0.0f;
}

template <bool Bug>
__global__ void overwritten_in_flight(const float* x, float* y) {
  GPU_SHARED(float, tile, [128]);
  gpu::cp_async_16(tile + 4 * threadIdx.x, x + 4 * threadIdx.x);  // other: overwritten_in_flight
  gpu::cp_async_commit();
  if (!Bug) gpu::cp_async_wait<0>();
  tile[4 * threadIdx.x + 3] = 0.0f;  // here: overwritten_in_flight
  gpu::cp_async_wait<0>();
  y[threadIdx.x] = tile[4 * threadIdx.x + 3];
}

template <bool Bug>
__global__ void copy_misaligned(const float* x, float* y) {
  GPU_SHARED(float, tile, [132]);
  gpu::cp_async_16(tile + 4 * threadIdx.x, x + 4 * threadIdx.x + (Bug && threadIdx.x == 4 ? 2 : 0));  // here: copy_misaligned
  gpu::cp_async_commit();
  gpu::cp_async_wait<0>();
  if (!Bug || threadIdx.x != 4) y[threadIdx.x] = tile[4 * threadIdx.x];
}

template <bool Bug>
__global__ void copy_reads_past(const float* x, float* y, int n) {
  GPU_SHARED(float, tile, [128]);
  const int at = 4 * static_cast<int>(threadIdx.x);
  const int bytes = at + 4 <= n ? 16 : at < n ? 4 * (n - at) : 0;
  gpu::cp_async_16(tile + at, bytes ? x + at : x, Bug && bytes ? 16 : bytes);  // here: copy_reads_past
  gpu::cp_async_commit();
  gpu::cp_async_wait<0>();
  __syncthreads();
  if (at < n) y[at] = tile[at];
}

template <bool Bug>
__global__ void copy_to_global(float* x, float* y) {
  GPU_SHARED(float, tile, [128]);
  gpu::cp_async_16(Bug ? y + 4 * threadIdx.x : tile + 4 * threadIdx.x, x + 4 * threadIdx.x);  // here: copy_to_global
  gpu::cp_async_commit();
  gpu::cp_async_wait<0>();
}

}  // namespace

std::vector<Case> copy_cases() {
  const gpu::LaunchShape warp{dim3(1), dim3(32), 0, 1};
  const auto simple = [=](void (*bad)(const float*, float*), void (*good)(const float*, float*), const char* name) {
    return [=](bool bug) {
      Buffer<float> x(160), y(160);
      run(bug, name, bad, good, warp, x, y);
    };
  };
  const auto own = [](const emu::Finding& f) { return f.here.thread.x == f.other.thread.x; };
  return {
      {"read_before_wait", Kind::missing_wait, SIMPLE(read_before_wait), own},
      {"waits_for_the_older_group", Kind::missing_wait, SIMPLE(waits_for_the_older_group), own},
      {"no_barrier_after_wait", Kind::race, SIMPLE(no_barrier_after_wait),
       [](const emu::Finding& f) { return f.here.thread.x + f.other.thread.x == 31; }},
      {"returns_without_wait", Kind::missing_wait, SIMPLE(returns_without_wait), below(32)},
      {"overwritten_in_flight", Kind::missing_wait, SIMPLE(overwritten_in_flight), own},
      {"copy_misaligned", Kind::misaligned, SIMPLE(copy_misaligned), [](const emu::Finding& f) { return thread_is(f.here, 4); }},
      {"copy_reads_past", Kind::out_of_bounds,
       [=](bool bug) {
         Buffer<float> x(50), y(50);
         PLANTED_RUN(bug, copy_reads_past, warp, x, y, 50);
       },
       [](const emu::Finding& f) { return thread_is(f.here, 12); }},
      {"copy_to_global", Kind::wrong_space,
       [=](bool bug) {
         Buffer<float> x(160), y(160);
         PLANTED_RUN(bug, copy_to_global, warp, x, y);
       },
       below(32)},
  };
}

}  // namespace planted
