// Planted: bulk stores and the proxies.
#include "planted.h"

namespace planted {
namespace {

using emu::Kind;

template <bool Bug>
__global__ void store_without_proxy_fence(float* y) {
  GPU_SHARED(float, tile, [64]);
  tile[threadIdx.x] = 1.0f;  // other: store_without_proxy_fence
  if (!Bug) gpu::fence_async_proxy();
  __syncthreads();
  if (threadIdx.x == 0) {
    gpu::bulk_store(y, tile, 256);  // here: store_without_proxy_fence
    gpu::bulk_commit();
    gpu::bulk_wait<0>();
  }
}

// The fence belongs to the threads that stored, before the barrier; the issuing thread's own comes too late.
template <bool Bug>
__global__ void fence_of_the_wrong_thread(float* y) {
  GPU_SHARED(float, tile, [64]);
  tile[threadIdx.x] = 1.0f;  // other: fence_of_the_wrong_thread
  if (!Bug) gpu::fence_async_proxy();
  __syncthreads();
  if (threadIdx.x == 0) {
    gpu::fence_async_proxy();
    gpu::bulk_store(y, tile, 256);  // here: fence_of_the_wrong_thread
    gpu::bulk_commit();
    gpu::bulk_wait<0>();
  }
}

template <bool Bug>
__global__ void overwritten_while_stored(float* y) {
  GPU_SHARED(float, tile, [64]);
  tile[threadIdx.x] = 1.0f;
  gpu::fence_async_proxy();
  __syncthreads();
  if (threadIdx.x == 0) {
    gpu::bulk_store(y, tile, 256);  // other: overwritten_while_stored
    gpu::bulk_commit();
    if (!Bug) gpu::bulk_wait_read<0>();
  }
  __syncthreads();
  tile[threadIdx.x] = 2.0f;  // here: overwritten_while_stored
  __syncthreads();
  if (threadIdx.x == 0) gpu::bulk_wait<0>();
}

// Waiting until shared memory was read is not waiting until global memory was written.
template <bool Bug>
__global__ void read_back_too_early(float* y) {
  GPU_SHARED(float, tile, [64]);
  tile[threadIdx.x] = 1.0f;
  gpu::fence_async_proxy();
  __syncthreads();
  if (threadIdx.x == 0) {
    gpu::bulk_store(y, tile, 256);  // other: read_back_too_early
    gpu::bulk_commit();
    if (Bug) {
      gpu::bulk_wait_read<0>();
    } else {
      gpu::bulk_wait<0>();
    }
    y[64] = y[3];  // here: read_back_too_early
    gpu::bulk_wait<0>();
  }
}

template <bool Bug>
__global__ void store_not_waited_for(float* y) {
  GPU_SHARED(float, tile, [64]);
  tile[threadIdx.x] = 1.0f;
  gpu::fence_async_proxy();
  __syncthreads();
  if (threadIdx.x == 0) {
    gpu::bulk_store(y, tile, 256);  // here: store_not_waited_for
    gpu::bulk_commit();
    if (!Bug) gpu::bulk_wait_read<0>();
  }
}

template <bool Bug>
__global__ void store_of_odd_size(float* y) {
  GPU_SHARED(float, tile, [64]);
  tile[threadIdx.x] = 1.0f;
  gpu::fence_async_proxy();
  __syncthreads();
  if (threadIdx.x == 0) {
    gpu::bulk_store(y, tile, Bug ? 248 : 256);  // here: store_of_odd_size
    gpu::bulk_commit();
    gpu::bulk_wait<0>();
  }
}

template <bool Bug>
__global__ void load_reads_past(const float* x, float* y) {
  GPU_SHARED(float, tile, [64]);
  GPU_SHARED(gpu::mbarrier, full, [1]);
  if (threadIdx.x == 0) {
    gpu::mbarrier_init(full, 1);
    gpu::fence_mbarrier_init();
    gpu::mbarrier_arrive_expect(full, 256);
    gpu::bulk_load(tile, x + (Bug ? 16 : 0), 256, full);  // here: load_reads_past
  }
  __syncthreads();
  gpu::mbarrier_wait(full, 0);
  if (!Bug) y[threadIdx.x] = tile[threadIdx.x];
}

}  // namespace

std::vector<Case> bulk_cases() {
  const gpu::LaunchShape two{dim3(1), dim3(64), 0, 1};
  const auto simple = [=](void (*bad)(float*), void (*good)(float*), const char* name) {
    return [=](bool bug) {
      Buffer<float> y(128);
      run(bug, name, bad, good, two, y);
    };
  };
  const auto by_first = [](const emu::Finding& f) { return thread_is(f.here, 0) && f.other.thread.x < 64; };
  return {
      {"store_without_proxy_fence", Kind::missing_proxy_fence, SIMPLE(store_without_proxy_fence), by_first},
      {"fence_of_the_wrong_thread", Kind::missing_proxy_fence, SIMPLE(fence_of_the_wrong_thread),
       [](const emu::Finding& f) { return thread_is(f.here, 0) && f.other.thread.x > 0; }},
      {"overwritten_while_stored", Kind::missing_wait, SIMPLE(overwritten_while_stored),
       [](const emu::Finding& f) { return f.here.thread.x < 64 && thread_is(f.other, 0); }},
      {"read_back_too_early", Kind::missing_wait, SIMPLE(read_back_too_early), by_first},
      {"store_not_waited_for", Kind::missing_wait, SIMPLE(store_not_waited_for), by_first},
      {"store_of_odd_size", Kind::misaligned, SIMPLE(store_of_odd_size), by_first},
      {"load_reads_past", Kind::out_of_bounds,
       [=](bool bug) {
         Buffer<float> x(64), y(64);
         PLANTED_RUN(bug, load_reads_past, two, x, y);
       },
       by_first},
  };
}

}  // namespace planted
