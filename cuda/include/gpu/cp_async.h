// Asynchronous copies of a thread from global to shared memory, in groups (sm_80 on).
#pragma once
#include "platform.h"

namespace gpu {

// Copies `bytes` (0 to 16) and fills the rest of the 16 bytes with zeros. Both addresses are multiples of 16; with bytes = 0 the source is
// not read. Past L1.
GPU_INLINE void cp_async_16(void* shared, const void* global, int bytes = 16 GPU_AT) {
#if GPU_EMULATED
  emu::cp_async(shared, global, 16, bytes, file, line);
#else
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(shared)), "l"(global), "r"(bytes) : "memory");
#endif
}

GPU_INLINE void cp_async_8(void* shared, const void* global, int bytes = 8 GPU_AT) {
#if GPU_EMULATED
  emu::cp_async(shared, global, 8, bytes, file, line);
#else
  asm volatile("cp.async.ca.shared.global [%0], [%1], 8, %2;" ::"r"(shared_address(shared)), "l"(global), "r"(bytes) : "memory");
#endif
}

GPU_INLINE void cp_async_4(void* shared, const void* global, int bytes = 4 GPU_AT) {
#if GPU_EMULATED
  emu::cp_async(shared, global, 4, bytes, file, line);
#else
  asm volatile("cp.async.ca.shared.global [%0], [%1], 4, %2;" ::"r"(shared_address(shared)), "l"(global), "r"(bytes) : "memory");
#endif
}

// Ends the thread's current group.
GPU_INLINE void cp_async_commit(GPU_AT_ONLY) {
#if GPU_EMULATED
  emu::cp_async_commit(file, line);
#else
  asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}

// Waits until at most `Pending` of the thread's youngest groups are still under way. Others see the data after a barrier.
template <int Pending>
GPU_INLINE void cp_async_wait(GPU_AT_ONLY) {
#if GPU_EMULATED
  emu::cp_async_wait(Pending, file, line);
#else
  asm volatile("cp.async.wait_group %0;" ::"n"(Pending) : "memory");
#endif
}

}  // namespace gpu
