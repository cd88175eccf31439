// Planted: clusters.
#include "planted.h"

namespace planted {
namespace {

using emu::Kind;

template <bool Bug>
__global__ void neighbor_before_sync(float* y) {
  GPU_SHARED(float, part, [32]);
  part[threadIdx.x] = 0.0f;
  gpu::cluster_sync();
  part[threadIdx.x] = 1.0f;  // other: neighbor_before_sync
  if (!Bug) gpu::cluster_sync();
  const float* theirs = gpu::cluster_map(&part[0], (gpu::cluster_rank() + 1) % gpu::cluster_size());
  y[blockIdx.x * 32 + threadIdx.x] = theirs[threadIdx.x];  // here: neighbor_before_sync
  gpu::cluster_sync();
}

template <bool Bug>
__global__ void neighbor_has_returned(float* y) {
  GPU_SHARED(float, part, [32]);
  part[threadIdx.x] = 1.0f;
  gpu::cluster_sync();
  float sum = 0.0f;
  if (gpu::cluster_rank() == 0) {
    sum = gpu::cluster_map(&part[0], 1)[threadIdx.x];  // here: neighbor_has_returned
  }
  y[blockIdx.x * 32 + threadIdx.x] = sum;
  if (!Bug) gpu::cluster_sync();
}

// All have arrived when they return, so all have read, but nobody waited to know it of the others.
template <bool Bug>
__global__ void returns_without_wait(float* y) {
  GPU_SHARED(float, part, [32]);
  part[threadIdx.x] = 1.0f;
  gpu::cluster_sync();
  const float* theirs = gpu::cluster_map(&part[0], (gpu::cluster_rank() + 1) % gpu::cluster_size());
  const float value = theirs[threadIdx.x];  // here: returns_without_wait
  y[blockIdx.x * 32 + threadIdx.x] = gpu::warp_sum(value);
  gpu::cluster_arrive();
  if (!Bug) gpu::cluster_wait();
}

// The neighbor's own mbarrier: nobody waits for this arrival, so nothing keeps the neighbor there.
template <bool Bug>
__global__ void arrives_at_a_neighbor_that_returns(float* y) {
  GPU_SHARED(gpu::mbarrier, empty, [1]);
  if (threadIdx.x == 0) {
    gpu::mbarrier_init(empty, 32);
    gpu::fence_mbarrier_init();
  }
  gpu::cluster_sync();
  y[blockIdx.x * 32 + threadIdx.x] = 1.0f;
  gpu::mbarrier_arrive_remote(empty, 1 - gpu::cluster_rank());  // here: arrives_at_a_neighbor_that_returns
  __syncwarp();
  if (!Bug) gpu::mbarrier_wait(empty, 0);
}

template <bool Bug>
__global__ void neighbor_not_begun(float* y) {
  GPU_SHARED(float, part, [32]);
  if (!Bug) gpu::cluster_sync();
  float* theirs = gpu::cluster_map(&part[0], (gpu::cluster_rank() + 1) % gpu::cluster_size());
  theirs[threadIdx.x] = 1.0f;  // here: neighbor_not_begun
  gpu::cluster_sync();
  y[blockIdx.x * 32 + threadIdx.x] = part[threadIdx.x];
}

template <bool Bug>
__global__ void wait_without_arrive(float* y) {
  if (!Bug) gpu::cluster_arrive();
  gpu::cluster_wait();  // here: wait_without_arrive
  y[blockIdx.x * 32 + threadIdx.x] = 1.0f;
}

template <bool Bug>
__global__ void arrives_twice(float* y) {
  gpu::cluster_arrive();
  if (!Bug) gpu::cluster_wait();
  gpu::cluster_arrive();  // here: arrives_twice
  gpu::cluster_wait();
  y[blockIdx.x * 32 + threadIdx.x] = 1.0f;
}

template <bool Bug>
__global__ void block_stays_away(float* y) {
  y[blockIdx.x * 32 + threadIdx.x] = 1.0f;
  GPU_SHARED(gpu::mbarrier, full, [1]);
  if (threadIdx.x == 0) {
    gpu::mbarrier_init(full, Bug ? 3 : 2);
    gpu::fence_mbarrier_init();
  }
  gpu::cluster_sync();
  if (threadIdx.x == 0) {
    gpu::mbarrier_arrive_remote(full, 0);
    gpu::mbarrier_arrive_remote(full, 1);
  }
  gpu::mbarrier_wait(full, 0);  // here: block_stays_away
  gpu::cluster_sync();
}

// A remote arrival orders what came before it; the store after it is not covered.
template <bool Bug>
__global__ void store_after_remote_arrival(float* y) {
  GPU_SHARED(float, part, [1]);
  GPU_SHARED(gpu::mbarrier, full, [1]);
  if (threadIdx.x == 0) {
    part[0] = 0.0f;
    gpu::mbarrier_init(full, 1);
    gpu::fence_mbarrier_init();
  }
  gpu::cluster_sync();
  if (gpu::cluster_rank() == 1 && threadIdx.x == 0) {
    float* theirs = gpu::cluster_map(&part[0], 0);
    if (Bug) gpu::mbarrier_arrive_remote(full, 0);
    *theirs = 1.0f;  // other: store_after_remote_arrival
    if (!Bug) gpu::mbarrier_arrive_remote(full, 0);
  }
  if (gpu::cluster_rank() == 0) {
    gpu::mbarrier_wait(full, 0);
    y[threadIdx.x] = part[0];  // here: store_after_remote_arrival
  }
  gpu::cluster_sync();
}

}  // namespace

std::vector<Case> cluster_cases() {
  const auto simple = [=](void (*bad)(float*), void (*good)(float*), const char* name) {
    return [=](bool bug) {
      Buffer<float> y(128);
      run(bug, name, bad, good, {dim3(2), dim3(32), 0, 2}, y);
    };
  };
  const auto between_blocks = [](const emu::Finding& f) { return f.here.block.x != f.other.block.x; };
  return {
      {"neighbor_before_sync", Kind::race, SIMPLE(neighbor_before_sync),
       [](const emu::Finding& f) { return f.here.block.x != f.other.block.x && f.here.thread.x == f.other.thread.x; }},
      {"neighbor_has_returned", Kind::cluster_misuse, SIMPLE(neighbor_has_returned),
       [](const emu::Finding& f) { return block_is(f.here, 0); }},
      {"returns_without_wait", Kind::cluster_misuse, SIMPLE(returns_without_wait), below(32)},
      {"arrives_at_a_neighbor_that_returns", Kind::cluster_misuse, SIMPLE(arrives_at_a_neighbor_that_returns), below(32)},
      {"neighbor_not_begun", Kind::cluster_misuse, SIMPLE(neighbor_not_begun), below(32)},
      {"wait_without_arrive", Kind::cluster_misuse, SIMPLE(wait_without_arrive), below(32)},
      {"arrives_twice", Kind::cluster_misuse, SIMPLE(arrives_twice), below(32)},
      {"block_stays_away", Kind::deadlock, SIMPLE(block_stays_away), below(32)},
      {"store_after_remote_arrival", Kind::race, SIMPLE(store_after_remote_arrival), between_blocks},
  };
}

}  // namespace planted
