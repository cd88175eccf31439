// Planted: accesses that nothing orders.
#include "planted.h"

namespace planted {
namespace {

using emu::Kind;

template <bool Bug>
__global__ void read_before_barrier(float* y) {
  GPU_SHARED(float, part, [64]);
  part[threadIdx.x] = 0.0f;
  __syncthreads();
  part[threadIdx.x] = 1.0f;  // other: read_before_barrier
  if (!Bug) __syncthreads();
  y[threadIdx.x] = part[63 - threadIdx.x];  // here: read_before_barrier
}

template <bool Bug>
__global__ void overwritten_while_read(float* y) {
  GPU_SHARED(float, part, [64]);
  part[threadIdx.x] = 1.0f;
  __syncthreads();
  float sum = 0.0f;
  for (int i = 0; i < 64; ++i) sum += part[i];  // other: overwritten_while_read
  if (!Bug) __syncthreads();
  part[threadIdx.x] = sum;  // here: overwritten_while_read
  __syncthreads();
  y[threadIdx.x] = part[threadIdx.x];
}

template <bool Bug>
__global__ void one_reader_of_many(float* y) {
  GPU_SHARED(float, word, [1]);
  const auto t = threadIdx.x;
  if (t == 0) word[0] = 1.0f;
  __syncthreads();
  const float first = word[0];
  __syncthreads();
  float again = 0.0f;
  if (Bug && t == 77) again = word[0];  // here: one_reader_of_many
  if (t == 100) word[0] = 2.0f;         // other: one_reader_of_many
  __syncthreads();
  y[t] = first + again + word[0];
}

template <bool Bug>
__global__ void two_writers(float* y) {
  GPU_SHARED(float, part, [64]);
  part[Bug ? threadIdx.x / 2 : threadIdx.x] = 1.0f;  // here: two_writers other: two_writers
  __syncthreads();
  y[threadIdx.x] = part[threadIdx.x / 2];
}

// Neighbors write neighboring bytes, which is not a race; one of them also writes its neighbor's.
template <bool Bug>
__global__ void neighboring_bytes(float* y) {
  GPU_SHARED(uint8_t, bytes, [64]);
  bytes[threadIdx.x] = 1;                      // other: neighboring_bytes
  if (Bug && threadIdx.x == 9) bytes[10] = 2;  // here: neighboring_bytes
  __syncthreads();
  y[threadIdx.x] = static_cast<float>(bytes[63 - threadIdx.x]);
}

template <bool Bug>
__global__ void neighboring_halves(gpu::bf16* y) {
  y[blockIdx.x * 33 + threadIdx.x] = gpu::from_float<gpu::bf16>(1.0f);  // here: neighboring_halves other: neighboring_halves
  if (!Bug && threadIdx.x == 0) y[blockIdx.x * 33 + 32] = gpu::from_float<gpu::bf16>(2.0f);
}

template <bool Bug>
__global__ void blocks_add(float* total) {
  if (threadIdx.x != 0) return;
  if (Bug) {
    *total += 1.0f;  // here: blocks_add other: blocks_add
  } else {
    atomicAdd(total, 1.0f);
  }
}

template <bool Bug>
__global__ void block_reads_another(float* x, float* y) {
  const int i = static_cast<int>(blockIdx.x * 32 + threadIdx.x);
  x[i] = 1.0f;  // other: block_reads_another
  const int from = Bug ? (i + 32) % 128 : i;
  const float v = x[from];  // here: block_reads_another
  y[i] = v;
}

template <bool Bug>
__global__ void missing_syncwarp(float* y) {
  GPU_SHARED(float, part, [32]);
  part[threadIdx.x] = 0.0f;
  __syncthreads();
  part[threadIdx.x] = 1.0f;  // other: missing_syncwarp
  if (!Bug) __syncwarp();
  y[threadIdx.x] = part[31 - threadIdx.x];  // here: missing_syncwarp
}

// A shuffle synchronizes lanes, not their memory.
template <bool Bug>
__global__ void shuffle_orders_nothing(float* y) {
  GPU_SHARED(float, part, [32]);
  part[threadIdx.x] = 1.0f;  // other: shuffle_orders_nothing
  const float v = __shfl_xor_sync(gpu::all_lanes, part[threadIdx.x], 1);
  if (!Bug) __syncwarp();
  y[threadIdx.x] = v + part[31 - threadIdx.x];  // here: shuffle_orders_nothing
}

template <bool Bug>
__global__ void atomic_and_store(int* count) {
  if (Bug && threadIdx.x == 3) *count = 0;  // here: atomic_and_store
  gpu::atomic_add(count, 1);                // other: atomic_and_store
}

// Each lane reads the bin that it added to last; others added as well.
template <bool Bug>
__global__ void bins_before_barrier(int* y) {
  GPU_SHARED(int, bins, [8]);
  if (threadIdx.x < 8) bins[threadIdx.x] = 0;
  __syncthreads();
  gpu::atomic_add(&bins[threadIdx.x % 8], 1);  // other: bins_before_barrier
  if (!Bug) __syncthreads();
  y[threadIdx.x] = bins[threadIdx.x % 8];  // here: bins_before_barrier
}

// CUDA's "the last block sums up": without the fence the partial sums may come after the count.
template <bool Bug>
__global__ void last_block(float* partial, unsigned* count, float* total) {
  GPU_SHARED(bool, last, [1]);
  if (threadIdx.x == 0) {
    partial[blockIdx.x] = 1.0f;  // other: last_block
    if (!Bug) __threadfence();
    *last = gpu::atomic_add(count, 1u) == gridDim.x - 1;
  }
  __syncthreads();
  if (*last && threadIdx.x < gridDim.x) {
    const float part = partial[threadIdx.x];  // here: last_block
    gpu::atomic_add(total, part);
  }
}

// The fence orders what its own thread wrote; the others' writes it does not know without a barrier.
template <bool Bug>
__global__ void fence_without_barrier(float* partial, unsigned* count, float* total) {
  GPU_SHARED(bool, last, [1]);
  partial[blockIdx.x * 64 + threadIdx.x] = 1.0f;  // other: fence_without_barrier
  if (!Bug) __syncthreads();
  if (threadIdx.x == 0) {
    __threadfence();
    *last = gpu::atomic_add(count, 1u) == gridDim.x - 1;
  }
  __syncthreads();
  if (!*last) return;
  float sum = 0.0f;
  for (unsigned block = 0; block < gridDim.x; ++block) sum += partial[block * 64 + threadIdx.x];  // here: fence_without_barrier
  gpu::atomic_add(total, sum);
}

}  // namespace

std::vector<Case> race_cases() {
  const gpu::LaunchShape warp{dim3(1), dim3(32), 0, 1};
  const gpu::LaunchShape two{dim3(1), dim3(64), 0, 1};
  const auto mirror = [](unsigned last) { return [last](const emu::Finding& f) { return f.here.thread.x + f.other.thread.x == last; }; };
  const auto other_block = [](const emu::Finding& f) { return f.here.block.x != f.other.block.x; };
  return {
      {"read_before_barrier", Kind::race,
       [=](bool bug) {
         Buffer<float> y(64);
         PLANTED_RUN(bug, read_before_barrier, two, y);
       },
       mirror(63)},
      {"overwritten_while_read", Kind::race,
       [=](bool bug) {
         Buffer<float> y(64);
         PLANTED_RUN(bug, overwritten_while_read, two, y);
       },
       [](const emu::Finding& f) { return f.here.thread.x != f.other.thread.x && f.here.thread.x < 64; }},
      {"one_reader_of_many", Kind::race,
       [=](bool bug) {
         Buffer<float> y(128);
         PLANTED_RUN(bug, one_reader_of_many, (gpu::LaunchShape{dim3(1), dim3(128), 0, 1}), y);
       },
       [](const emu::Finding& f) { return f.here.thread.x + f.other.thread.x == 177; }},
      {"two_writers", Kind::race,
       [=](bool bug) {
         Buffer<float> y(64);
         PLANTED_RUN(bug, two_writers, two, y);
       },
       [](const emu::Finding& f) { return (f.here.thread.x ^ f.other.thread.x) == 1; }},
      {"neighboring_bytes", Kind::race,
       [=](bool bug) {
         Buffer<float> y(64);
         PLANTED_RUN(bug, neighboring_bytes, two, y);
       },
       mirror(19)},
      {"neighboring_halves", Kind::race,
       [=](bool bug) {
         Buffer<uint16_t> y(33 * 3 + 1);
         PLANTED_RUN(bug, neighboring_halves, (gpu::LaunchShape{dim3(3), dim3(bug ? 34 : 32), 0, 1}),
                     reinterpret_cast<gpu::bf16*>(static_cast<uint16_t*>(y)));
       },
       [](const emu::Finding& f) { return f.here.thread.x + f.other.thread.x == 33 && f.here.block.x != f.other.block.x; }},
      {"blocks_add", Kind::race,
       [=](bool bug) {
         Buffer<float> total(1);
         PLANTED_RUN(bug, blocks_add, (gpu::LaunchShape{dim3(4), dim3(32), 0, 1}), total);
       },
       [](const emu::Finding& f) { return f.here.block.x != f.other.block.x && thread_is(f.here, 0) && thread_is(f.other, 0); }},
      {"block_reads_another", Kind::race,
       [=](bool bug) {
         Buffer<float> x(128), y(128);
         PLANTED_RUN(bug, block_reads_another, (gpu::LaunchShape{dim3(4), dim3(32), 0, 1}), x, y);
       },
       [](const emu::Finding& f) {
         return f.here.block.x != f.other.block.x && f.here.thread.x == f.other.thread.x && (f.here.block.x + f.other.block.x) % 2 == 1;
       }},
      {"missing_syncwarp", Kind::race,
       [=](bool bug) {
         Buffer<float> y(32);
         PLANTED_RUN(bug, missing_syncwarp, warp, y);
       },
       mirror(31)},
      {"shuffle_orders_nothing", Kind::race,
       [=](bool bug) {
         Buffer<float> y(32);
         PLANTED_RUN(bug, shuffle_orders_nothing, warp, y);
       },
       mirror(31)},
      {"atomic_and_store", Kind::race,
       [=](bool bug) {
         Buffer<int> count(1);
         PLANTED_RUN(bug, atomic_and_store, two, count);
       },
       [](const emu::Finding& f) { return thread_is(f.here, 3) || thread_is(f.other, 3); }},
      {"bins_before_barrier", Kind::race,
       [=](bool bug) {
         Buffer<int> y(64);
         PLANTED_RUN(bug, bins_before_barrier, two, y);
       },
       [](const emu::Finding& f) { return f.here.thread.x % 8 == f.other.thread.x % 8 && f.here.thread.x != f.other.thread.x; }},
      {"last_block", Kind::race,
       [=](bool bug) {
         Buffer<float> partial(8, false), total(1);
         Buffer<unsigned> count(1);
         PLANTED_RUN(bug, last_block, (gpu::LaunchShape{dim3(8), dim3(32), 0, 1}), partial, count, total);
       },
       [=](const emu::Finding& f) { return f.here.thread.x == f.other.block.x && thread_is(f.other, 0); }},
      {"fence_without_barrier", Kind::race,
       [=](bool bug) {
         Buffer<float> partial(8 * 64, false), total(1);
         Buffer<unsigned> count(1);
         PLANTED_RUN(bug, fence_without_barrier, (gpu::LaunchShape{dim3(8), dim3(64), 0, 1}), partial, count, total);
       },
       [=](const emu::Finding& f) { return other_block(f) && f.here.thread.x == f.other.thread.x && f.here.thread.x != 0; }},
  };
}

}  // namespace planted
