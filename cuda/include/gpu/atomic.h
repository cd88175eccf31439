// Atomic operations on global and shared memory, relaxed; order other accesses with __threadfence().
#pragma once
#include "platform.h"

namespace gpu {

// *address += value; returns the value before. Floating-point sums in the order of arrival are not reproducible: kernels of this library
// use it only for counters.
template <class T>
GPU_INLINE T atomic_add(T* address, T value GPU_AT) {
#if GPU_EMULATED
  return emu::atomic_add(address, value, file, line);
#else
  return atomicAdd(address, value);
#endif
}

// The smaller of *address and value goes to *address; returns the value before.
template <class T>
GPU_INLINE T atomic_min(T* address, T value GPU_AT) {
#if GPU_EMULATED
  return emu::atomic_min(address, value, file, line);
#else
  return atomicMin(address, value);
#endif
}

template <class T>
GPU_INLINE T atomic_max(T* address, T value GPU_AT) {
#if GPU_EMULATED
  return emu::atomic_max(address, value, file, line);
#else
  return atomicMax(address, value);
#endif
}

// value goes to *address if that is `expected`; returns the value before.
template <class T>
GPU_INLINE T atomic_compare_exchange(T* address, T expected, T value GPU_AT) {
#if GPU_EMULATED
  return emu::atomic_compare_exchange(address, expected, value, file, line);
#else
  return atomicCAS(address, expected, value);
#endif
}

}  // namespace gpu
