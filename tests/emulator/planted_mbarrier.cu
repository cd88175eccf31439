// Planted: mbarriers and the bulk loads that report to them.
#include "planted.h"

namespace planted {
namespace {

using emu::Kind;

constexpr unsigned tile_floats = 64;
constexpr unsigned tile_bytes = tile_floats * 4;

template <bool Bug>
__global__ void load_without_wait(const float* x, float* y) {
  GPU_SHARED(float, tile, [tile_floats]);
  GPU_SHARED(gpu::mbarrier, full, [1]);
  initialize(full);
  if (threadIdx.x == 0) {
    gpu::mbarrier_arrive_expect(full, tile_bytes);
    gpu::bulk_load(tile, x, tile_bytes, full);  // other: load_without_wait
  }
  __syncthreads();
  if (!Bug || threadIdx.x != 20) gpu::mbarrier_wait(full, 0);
  y[threadIdx.x] = tile[threadIdx.x];  // here: load_without_wait
}

// Lanes of the warp that initializes: the shuffle makes them late enough, but shows them nothing.
template <bool Bug>
__global__ void no_barrier_after_init(float* y) {
  GPU_SHARED(gpu::mbarrier, full, [1]);
  if (threadIdx.x == 0) gpu::mbarrier_init(full, 32);  // other: no_barrier_after_init
  __shfl_sync(gpu::all_lanes, 1, 0);
  if (!Bug) __syncwarp();
  gpu::mbarrier_arrive(full);  // here: no_barrier_after_init
  y[threadIdx.x] = 1.0f;
}

template <bool Bug>
__global__ void wrong_bytes(const float* x, float* y) {
  GPU_SHARED(float, tile, [tile_floats]);
  GPU_SHARED(gpu::mbarrier, full, [1]);
  initialize(full);
  if (threadIdx.x == 0) {
    gpu::mbarrier_arrive_expect(full, Bug ? tile_floats : tile_bytes);
    gpu::bulk_load(tile, x, tile_bytes, full);
  }
  gpu::mbarrier_wait(full, 0);  // here: wrong_bytes
  y[threadIdx.x] = tile[threadIdx.x];
}

template <bool Bug>
__global__ void parity_not_flipped(const float* x, float* y) {
  GPU_SHARED(float, tile, [tile_floats]);
  GPU_SHARED(gpu::mbarrier, full, [1]);
  initialize(full);
  float sum = 0.0f;
  for (unsigned i = 0; i < 3; ++i) {
    if (threadIdx.x == 0) {
      gpu::mbarrier_arrive_expect(full, tile_bytes);
      gpu::bulk_load(tile, x + i * tile_floats, tile_bytes, full);
    }
    gpu::mbarrier_wait(full, i & 1u);
    sum += tile[threadIdx.x];
    __syncthreads();
  }
  gpu::mbarrier_wait(full, Bug ? 1 : 0);  // here: parity_not_flipped
  y[threadIdx.x] = sum;
}

template <bool Bug>
__global__ void never_initialized(float* y) {
  GPU_SHARED(gpu::mbarrier, full, [2]);
  if (threadIdx.x == 0) gpu::mbarrier_init(&full[0], 32);
  __syncthreads();
  gpu::mbarrier_arrive(&full[Bug ? 1 : 0]);  // here: never_initialized
  y[threadIdx.x] = 1.0f;
}

template <bool Bug>
__global__ void initialized_twice(float* y) {
  GPU_SHARED(gpu::mbarrier, full, [1]);
  if (threadIdx.x == 0) gpu::mbarrier_init(full, 32);  // other: initialized_twice
  __syncthreads();
  gpu::mbarrier_arrive(full);
  __syncthreads();
  if (Bug && threadIdx.x == 5) gpu::mbarrier_init(full, 32);  // here: initialized_twice
  y[threadIdx.x] = 1.0f;
}

template <bool Bug>
__global__ void too_many_arrivals(const float* x, float* y) {
  GPU_SHARED(gpu::mbarrier, full, [1]);
  GPU_SHARED(float, tile, [tile_floats]);
  if (threadIdx.x == 0) {
    gpu::mbarrier_init(full, Bug ? 1 : 2);
    gpu::fence_mbarrier_init();
    gpu::mbarrier_arrive_expect(full, tile_bytes);
    gpu::mbarrier_arrive(full);  // here: too_many_arrivals
    gpu::bulk_load(tile, x, tile_bytes, full);
  }
  __syncthreads();
  gpu::mbarrier_wait(full, 0);
  y[threadIdx.x] = tile[threadIdx.x];
}

template <bool Bug>
__global__ void no_fence_after_init(const float* x, float* y) {
  GPU_SHARED(float, tile, [tile_floats]);
  GPU_SHARED(gpu::mbarrier, full, [1]);
  if (threadIdx.x == 0) {
    gpu::mbarrier_init(full, 1);  // other: no_fence_after_init
    if (!Bug) gpu::fence_mbarrier_init();
  }
  __syncthreads();
  if (threadIdx.x == 32) {
    gpu::mbarrier_arrive_expect(full, tile_bytes);
    gpu::bulk_load(tile, x, tile_bytes, full);  // here: no_fence_after_init
  }
  gpu::mbarrier_wait(full, 0);
  y[threadIdx.x] = tile[threadIdx.x];
}

template <bool Bug>
__global__ void ordinary_store_to_it(float* y) {
  GPU_SHARED(gpu::mbarrier, full, [1]);
  if (threadIdx.x == 0) gpu::mbarrier_init(full, 64);  // other: ordinary_store_to_it
  __syncthreads();
  if (Bug && threadIdx.x == 7) *full = 0;  // here: ordinary_store_to_it
  __syncthreads();
  gpu::mbarrier_arrive(full);
  y[threadIdx.x] = 1.0f;
}

// A warp reads a tile and one lane says so. Without __syncwarp the other lanes' reads are not ordered before its arrival, and the producer
// may overwrite what they still read.
template <bool Bug>
__global__ void elected_lane_arrives(const float* x, float* y) {
  GPU_SHARED(float, tile, [32]);
  GPU_SHARED(gpu::mbarrier, bars, [2]);
  gpu::mbarrier* full = &bars[0];
  gpu::mbarrier* empty = &bars[1];
  const auto t = threadIdx.x;
  if (t == 0) {
    gpu::mbarrier_init(full, 1);
    gpu::mbarrier_init(empty, 1);
    gpu::fence_mbarrier_init();
  }
  __syncthreads();
  if (t < 32) {
    float sum = 0.0f;
    for (unsigned i = 0; i < 4; ++i) {
      gpu::mbarrier_wait(full, i & 1u);  // here: elected_lane_arrives
      sum += tile[t];                    // other: elected_lane_arrives
      if (!Bug) __syncwarp();
      if (t == 31) gpu::mbarrier_arrive(empty);
    }
    y[t] = sum;
  } else if (t == 32) {
    for (unsigned i = 0; i < 4; ++i) {
      gpu::mbarrier_wait(empty, ~i & 1u);
      gpu::mbarrier_arrive_expect(full, 128);
      gpu::bulk_load(tile, x + i * 32, 128, full);  // here: elected_lane_arrives
    }
  }
}

template <bool Bug>
__global__ void nobody_arrives(float* y) {
  GPU_SHARED(gpu::mbarrier, full, [1]);
  if (threadIdx.x == 0) gpu::mbarrier_init(full, 64);
  __syncthreads();
  if (!Bug || threadIdx.x != 9) gpu::mbarrier_arrive(full);
  gpu::mbarrier_wait(full, 0);  // here: nobody_arrives
  y[threadIdx.x] = 1.0f;
}

}  // namespace

std::vector<Case> mbarrier_cases() {
  const gpu::LaunchShape two{dim3(1), dim3(64), 0, 1};
  const auto loads = [=](void (*bad)(const float*, float*), void (*good)(const float*, float*), const char* name) {
    return [=](bool bug) {
      Buffer<float> x(256), y(64);
      run(bug, name, bad, good, two, x, y);
    };
  };
  const auto without = [=](unsigned threads, void (*bad)(float*), void (*good)(float*), const char* name) {
    return [=](bool bug) {
      Buffer<float> y(64);
      run(bug, name, bad, good, {dim3(1), dim3(threads), 0, 1}, y);
    };
  };
#define LOADS(kernel) loads(kernel<true>, kernel<false>, #kernel)
#define ONE_WARP(kernel) without(32, kernel<true>, kernel<false>, #kernel)
#define TWO_WARPS(kernel) without(64, kernel<true>, kernel<false>, #kernel)
  return {
      {"load_without_wait", Kind::missing_wait, LOADS(load_without_wait),
       [](const emu::Finding& f) { return thread_is(f.here, 20) && thread_is(f.other, 0); }},
      {"wrong_bytes", Kind::mbarrier_bytes, LOADS(wrong_bytes), below(64)},
      {"parity_not_flipped", Kind::deadlock, LOADS(parity_not_flipped), below(64)},
      {"no_barrier_after_init", Kind::race, ONE_WARP(no_barrier_after_init),
       [](const emu::Finding& f) { return f.here.thread.x > 0 && thread_is(f.other, 0); }},
      {"never_initialized", Kind::mbarrier_misuse, ONE_WARP(never_initialized), below(32)},
      {"initialized_twice", Kind::mbarrier_misuse, ONE_WARP(initialized_twice),
       [](const emu::Finding& f) { return thread_is(f.here, 5) && thread_is(f.other, 0); }},
      {"too_many_arrivals", Kind::mbarrier_misuse, LOADS(too_many_arrivals), [](const emu::Finding& f) { return thread_is(f.here, 0); }},
      {"no_fence_after_init", Kind::missing_proxy_fence, LOADS(no_fence_after_init),
       [](const emu::Finding& f) { return thread_is(f.here, 32) && thread_is(f.other, 0); }},
      {"ordinary_store_to_it", Kind::mbarrier_misuse, TWO_WARPS(ordinary_store_to_it),
       [](const emu::Finding& f) { return thread_is(f.here, 7) && thread_is(f.other, 0); }},
      {"elected_lane_arrives",
       Kind::race,
       LOADS(elected_lane_arrives),
       [](const emu::Finding& f) { return f.here.thread.x <= 32 && (!f.has_other || thread_is(f.here, 32) || thread_is(f.other, 32)); },
       {Kind::missing_wait, Kind::deadlock}},  // a lane that is late may miss a whole phase
      {"nobody_arrives", Kind::deadlock, TWO_WARPS(nobody_arrives),
       [](const emu::Finding& f) { return f.text.find("63 of 64 arrivals") != std::string::npos; }},
  };
}

}  // namespace planted
