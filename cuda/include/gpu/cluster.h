// Clusters: up to 16 blocks that see each other's shared memory (sm_90 on).
#pragma once
#include "platform.h"

namespace gpu {

// This block's place in its cluster, in [0, cluster_size()).
GPU_INLINE uint32_t cluster_rank() {
#if GPU_EMULATED
  return emu::cluster_rank();
#elif GPU_HAS_SM90
  uint32_t rank;
  asm volatile("mov.u32 %0, %%cluster_ctarank;" : "=r"(rank));
  return rank;
#else
  return 0;
#endif
}

GPU_INLINE uint32_t cluster_size() {
#if GPU_EMULATED
  return emu::cluster_size();
#elif GPU_HAS_SM90
  uint32_t size;
  asm volatile("mov.u32 %0, %%cluster_nctarank;" : "=r"(size));
  return size;
#else
  return 1;
#endif
}

GPU_INLINE void cluster_arrive(GPU_AT_ONLY) {
#if GPU_EMULATED
  emu::cluster_arrive(file, line);
#elif GPU_HAS_SM90
  asm volatile("barrier.cluster.arrive.release.aligned;" ::: "memory");
#else
  __trap();
#endif
}

GPU_INLINE void cluster_wait(GPU_AT_ONLY) {
#if GPU_EMULATED
  emu::cluster_wait(file, line);
#elif GPU_HAS_SM90
  asm volatile("barrier.cluster.wait.acquire.aligned;" ::: "memory");
#else
  __trap();
#endif
}

// A barrier of all threads of the cluster. The last one before a block exits keeps its shared memory alive for the others.
GPU_INLINE void cluster_sync(GPU_AT_ONLY) {
#if GPU_EMULATED
  emu::cluster_arrive(file, line);
  emu::cluster_wait(file, line);
#else
  cluster_arrive();
  cluster_wait();
#endif
}

// The same place of shared memory in block `rank`; ordinary loads and stores take it.
template <class T>
GPU_INLINE T* cluster_map(T* shared, uint32_t rank) {
#if GPU_EMULATED
  return static_cast<T*>(emu::cluster_map(shared, rank));
#elif GPU_HAS_SM90
  uint64_t remote;
  asm volatile("mapa.u64 %0, %1, %2;" : "=l"(remote) : "l"(reinterpret_cast<uint64_t>(shared)), "r"(rank));
  return reinterpret_cast<T*>(remote);
#else
  return shared;
#endif
}

}  // namespace gpu
