// Planted: barriers of a block that not everybody reaches, or not the same one.
#include "planted.h"

namespace planted {
namespace {

using emu::Kind;

template <bool Bug>
__global__ void two_barriers(float* y) {
  if (Bug && threadIdx.x < 32) {
    __syncthreads();  // here: two_barriers other: two_barriers
  } else {
    __syncthreads();  // here: two_barriers other: two_barriers
  }
  y[threadIdx.x] = 1.0f;
}

template <bool Bug>
__global__ void early_return(float* y, int n) {
  if (Bug && static_cast<int>(threadIdx.x) >= n) return;
  __syncthreads();  // here: early_return
  if (static_cast<int>(threadIdx.x) < n) y[threadIdx.x] = 1.0f;
}

template <bool Bug>
__global__ void named_barrier_for_too_many(float* y) {
  if (threadIdx.x < 64) gpu::named_barrier_sync(1, Bug ? 96 : 64);  // here: named_barrier_for_too_many
  y[threadIdx.x] = 1.0f;
}

template <bool Bug>
__global__ void named_barrier_counts_differ(float* y) {
  if (threadIdx.x < 32) {
    gpu::named_barrier_sync(1, 64);  // here: named_barrier_counts_differ other: named_barrier_counts_differ
  } else {
    gpu::named_barrier_sync(1, Bug ? 96 : 64);  // here: named_barrier_counts_differ other: named_barrier_counts_differ
  }
  if (Bug && threadIdx.x < 32) gpu::named_barrier_arrive(1, 96);  // here: named_barrier_counts_differ other: named_barrier_counts_differ
  y[threadIdx.x] = 1.0f;
}

template <bool Bug>
__global__ void part_of_a_warp(float* y) {
  const auto t = threadIdx.x;
  if (Bug ? t % 32 < 16 : t < 32) gpu::named_barrier_sync(2, 32);  // here: part_of_a_warp
  y[t] = 1.0f;
}

template <bool Bug>
__global__ void odd_count(float* y) {
  gpu::named_barrier_sync(3, Bug ? 60 : 64);  // here: odd_count
  y[threadIdx.x] = 1.0f;
}

// A producer that arrives and consumers that wait: bar.arrive orders what came before it.
template <bool Bug>
__global__ void arrive_too_early(float* y) {
  GPU_SHARED(float, part, [32]);
  const auto t = threadIdx.x;
  if (t < 32) part[t] = 0.0f;
  __syncthreads();
  if (t < 32) {
    if (Bug) gpu::named_barrier_arrive(1, 64);
    part[t] = 1.0f;  // other: arrive_too_early
    if (!Bug) gpu::named_barrier_arrive(1, 64);
  } else {
    gpu::named_barrier_sync(1, 64);
    y[t] = part[63 - t];  // here: arrive_too_early
  }
}

template <bool Bug>
__global__ void runaway(const float* x, float* y) {
  float sum = 0.0f;
  for (int i = 0; Bug || i < 10; ++i) {
    sum += x[static_cast<unsigned>(i) % 32];  // here: runaway
    y[threadIdx.x] = sum;                     // here: runaway
  }
}

}  // namespace

std::vector<Case> barrier_cases() {
  const gpu::LaunchShape two{dim3(1), dim3(64), 0, 1};
  return {
      {"two_barriers", Kind::divergent_barrier,
       [=](bool bug) {
         Buffer<float> y(64);
         PLANTED_RUN(bug, two_barriers, two, y);
       },
       [](const emu::Finding& f) { return (f.here.thread.x < 32) != (f.other.thread.x < 32); }},
      {"early_return", Kind::divergent_barrier,
       [=](bool bug) {
         Buffer<float> y(64);
         PLANTED_RUN(bug, early_return, two, y, 50);
       },
       [](const emu::Finding& f) { return f.here.thread.x < 50; }},
      {"named_barrier_for_too_many", Kind::deadlock,
       [=](bool bug) {
         Buffer<float> y(96);
         PLANTED_RUN(bug, named_barrier_for_too_many, (gpu::LaunchShape{dim3(1), dim3(96), 0, 1}), y);
       },
       [](const emu::Finding& f) { return f.here.thread.x < 64 && f.text.find("64 threads wait") != std::string::npos; }},
      {"named_barrier_counts_differ",
       Kind::barrier_misuse,
       [=](bool bug) {
         Buffer<float> y(96);
         PLANTED_RUN(bug, named_barrier_counts_differ, (gpu::LaunchShape{dim3(1), dim3(bug ? 96 : 64), 0, 1}), y);
       },
       any_thread,
       {Kind::deadlock}},
      {"part_of_a_warp", Kind::barrier_misuse,
       [=](bool bug) {
         Buffer<float> y(64);
         PLANTED_RUN(bug, part_of_a_warp, two, y);
       },
       [](const emu::Finding& f) { return f.here.thread.x % 32 < 16; }},
      {"odd_count", Kind::barrier_misuse,
       [=](bool bug) {
         Buffer<float> y(64);
         PLANTED_RUN(bug, odd_count, two, y);
       },
       below(64)},
      {"arrive_too_early", Kind::race,
       [=](bool bug) {
         Buffer<float> y(64);
         PLANTED_RUN(bug, arrive_too_early, two, y);
       },
       [](const emu::Finding& f) { return f.here.thread.x + f.other.thread.x == 63; }},
      {"runaway", Kind::runaway,
       [=](bool bug) {
         const double seconds = emu::options().seconds;
         emu::options().seconds = 0.05;
         Buffer<float> x(32), y(32);
         if (bug) PLANTED_RUN(bug, runaway, (gpu::LaunchShape{dim3(1), dim3(32), 0, 1}), x, y);
         emu::options().seconds = seconds;
         if (!bug) PLANTED_RUN(bug, runaway, (gpu::LaunchShape{dim3(1), dim3(32), 0, 1}), x, y);
       },
       below(32)},
  };
}

}  // namespace planted
