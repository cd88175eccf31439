// Warps and parts of a block. Shuffles, votes, __syncwarp and __syncthreads keep CUDA's own names.
#pragma once
#include "platform.h"

namespace gpu {

constexpr uint32_t all_lanes = 0xffffffffu;

GPU_INLINE uint32_t lane() { return threadIdx.x & 31u; }  // blocks are one-dimensional here

// Waits for `threads` threads (a multiple of 32) of the block at barrier `id` in [1,15].
GPU_INLINE void named_barrier_sync(uint32_t id, uint32_t threads GPU_AT) {
#if GPU_EMULATED
  emu::named_barrier_sync(id, threads, file, line);
#else
  asm volatile("bar.sync %0, %1;" ::"r"(id), "r"(threads) : "memory");
#endif
}

// Arrives without waiting; `threads` counts those that arrive and those that wait.
GPU_INLINE void named_barrier_arrive(uint32_t id, uint32_t threads GPU_AT) {
#if GPU_EMULATED
  emu::named_barrier_arrive(id, threads, file, line);
#else
  asm volatile("bar.arrive %0, %1;" ::"r"(id), "r"(threads) : "memory");
#endif
}

// Sum and maximum over the warp in a fixed order; every lane gets the same bits.
GPU_INLINE float warp_sum(float value) {
#pragma unroll
  for (int distance = 16; distance > 0; distance /= 2) value += __shfl_xor_sync(all_lanes, value, distance);
  return value;
}

GPU_INLINE float warp_max(float value) {
#pragma unroll
  for (int distance = 16; distance > 0; distance /= 2) value = fmaxf(value, __shfl_xor_sync(all_lanes, value, distance));
  return value;
}

// Registers per thread: a warp group gives some back, or takes some. Register counts are multiples of 8 in [24,256].
template <int Registers>
GPU_INLINE void give_registers() {
#if !GPU_EMULATED && GPU_HAS_WGMMA
  asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(Registers));
#endif
}

template <int Registers>
GPU_INLINE void take_registers() {
#if !GPU_EMULATED && GPU_HAS_WGMMA
  asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(Registers));
#endif
}

}  // namespace gpu
