// Barriers in shared memory that count arrivals and bytes, and the bulk copies that report to them (sm_90 on).
#pragma once
#include "platform.h"

namespace gpu {

using mbarrier = uint64_t;

// `count` arrivals complete a phase. By one thread, before a barrier of the block (or the cluster) that shows it to the others.
GPU_INLINE void mbarrier_init(mbarrier* barrier, uint32_t count GPU_AT) {
#if GPU_EMULATED
  emu::mbarrier_init(barrier, count, file, line);
#elif GPU_HAS_SM90
  asm volatile("mbarrier.init.shared::cta.b64 [%0], %1;" ::"r"(shared_address(barrier)), "r"(count) : "memory");
#else
  __trap();
#endif
}

// After mbarrier_init: makes the initialization visible to the async proxy and the cluster.
GPU_INLINE void fence_mbarrier_init(GPU_AT_ONLY) {
#if GPU_EMULATED
  emu::fence_mbarrier_init(file, line);
#elif GPU_HAS_SM90
  asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
#endif
}

GPU_INLINE void mbarrier_arrive(mbarrier* barrier GPU_AT) {
#if GPU_EMULATED
  emu::mbarrier_arrive(barrier, 0, file, line);
#elif GPU_HAS_SM90
  asm volatile("mbarrier.arrive.shared::cta.b64 _, [%0];" ::"r"(shared_address(barrier)) : "memory");
#else
  __trap();
#endif
}

// Arrives at the barrier in the same place of block `rank` of the cluster.
GPU_INLINE void mbarrier_arrive_remote(mbarrier* barrier, uint32_t rank GPU_AT) {
#if GPU_EMULATED
  emu::mbarrier_arrive_remote(barrier, rank, file, line);
#elif GPU_HAS_SM90
  asm volatile(
      "{\n"
      ".reg .b32 remote;\n"
      "mapa.shared::cluster.u32 remote, %0, %1;\n"
      "mbarrier.arrive.release.cluster.shared::cluster.b64 _, [remote];\n"
      "}" ::"r"(shared_address(barrier)),
      "r"(rank)
      : "memory");
#else
  __trap();
#endif
}

// Arrives, and announces `bytes` that asynchronous copies will report in this phase.
GPU_INLINE void mbarrier_arrive_expect(mbarrier* barrier, uint32_t bytes GPU_AT) {
#if GPU_EMULATED
  emu::mbarrier_arrive(barrier, bytes, file, line);
#elif GPU_HAS_SM90
  asm volatile("mbarrier.arrive.expect_tx.shared::cta.b64 _, [%0], %1;" ::"r"(shared_address(barrier)), "r"(bytes) : "memory");
#else
  __trap();
#endif
}

// Waits until the phase of that parity is complete: 0 for the first, 1 for the second, ...; parity 1 passes at once on a fresh barrier.
GPU_INLINE void mbarrier_wait(mbarrier* barrier, uint32_t parity GPU_AT) {
#if GPU_EMULATED
  emu::mbarrier_wait(barrier, parity, file, line);
#elif GPU_HAS_SM90
  asm volatile(
      "{\n"
      ".reg .pred complete;\n"
      "again:\n"
      "mbarrier.try_wait.parity.shared::cta.b64 complete, [%0], %1;\n"
      "@!complete bra again;\n"
      "}" ::"r"(shared_address(barrier)),
      "r"(parity)
      : "memory");
#else
  __trap();
#endif
}

// Orders this thread's ordinary accesses of shared memory before later ones by the async proxy (bulk and tensor stores, wgmma).
GPU_INLINE void fence_async_proxy(GPU_AT_ONLY) {
#if GPU_EMULATED
  emu::fence_async_proxy(file, line);
#elif GPU_HAS_SM90
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
#endif
}

// Copies `bytes` (a multiple of 16; addresses too) from global memory to this block's shared memory and reports them to the barrier.
GPU_INLINE void bulk_load(void* shared, const void* global, uint32_t bytes, mbarrier* barrier GPU_AT) {
#if GPU_EMULATED
  emu::bulk_load(shared, global, bytes, barrier, file, line);
#elif GPU_HAS_SM90
  asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];" ::"r"(shared_address(shared)),
               "l"(global), "r"(bytes), "r"(shared_address(barrier))
               : "memory");
#else
  __trap();
#endif
}

// Copies from shared to global memory, in the thread's current bulk group.
GPU_INLINE void bulk_store(void* global, const void* shared, uint32_t bytes GPU_AT) {
#if GPU_EMULATED
  emu::bulk_store(global, shared, bytes, file, line);
#elif GPU_HAS_SM90
  asm volatile("cp.async.bulk.global.shared::cta.bulk_group [%0], [%1], %2;" ::"l"(global), "r"(shared_address(shared)), "r"(bytes)
               : "memory");
#else
  __trap();
#endif
}

GPU_INLINE void bulk_commit(GPU_AT_ONLY) {
#if GPU_EMULATED
  emu::bulk_commit(file, line);
#elif GPU_HAS_SM90
  asm volatile("cp.async.bulk.commit_group;" ::: "memory");
#endif
}

// Waits until at most `Pending` groups are still reading shared memory (it may then be overwritten).
template <int Pending>
GPU_INLINE void bulk_wait_read(GPU_AT_ONLY) {
#if GPU_EMULATED
  emu::bulk_wait(Pending, true, file, line);
#elif GPU_HAS_SM90
  asm volatile("cp.async.bulk.wait_group.read %0;" ::"n"(Pending) : "memory");
#endif
}

// Waits until at most `Pending` groups are not done; before a thread exits, 0.
template <int Pending>
GPU_INLINE void bulk_wait(GPU_AT_ONLY) {
#if GPU_EMULATED
  emu::bulk_wait(Pending, false, file, line);
#elif GPU_HAS_SM90
  asm volatile("cp.async.bulk.wait_group %0;" ::"n"(Pending) : "memory");
#endif
}

}  // namespace gpu
