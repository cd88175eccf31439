// What a kernel file may assume of its compiler: nvcc, or a host compiler with the emulator (cuda/emulator) in place of a GPU.
// This folder is the only place with PTX, __shared__ and <<<>>>: every wrapper has its device body and its emulated body side by side.
#pragma once
#include <cstddef>
#include <cstdint>

#if defined(__CUDACC__)
#define GPU_EMULATED 0
#include <cuda_bf16.h>
#include <cuda_fp16.h>
#include <cuda_runtime.h>
#else
#define GPU_EMULATED 1
#include "../../emulator/emulator.h"
#endif

// Where a wrapper was called from, for the emulator's findings; nothing on a device.
// GPU_AT declares the parameters, GPU_PASS hands them on.
#if GPU_EMULATED
#define GPU_AT , const char *file = __builtin_FILE(), int line = __builtin_LINE()
#define GPU_AT_ONLY const char *file = __builtin_FILE(), int line = __builtin_LINE()
#define GPU_PASS , file, line
#else
#define GPU_AT
#define GPU_AT_ONLY
#define GPU_PASS
#endif

// A function of device code.
#define GPU_INLINE __device__ __forceinline__

// Hopper's instructions exist from sm_90 on, wgmma and setmaxnreg only in the sm_90a target. A kernel that uses them compiles for every
// target, and traps where its launcher should not have sent it.
#if !GPU_EMULATED && defined(__CUDA_ARCH__)
#define GPU_HAS_SM90 (__CUDA_ARCH__ >= 900)
#if defined(__CUDA_ARCH_FEAT_SM90_ALL)
#define GPU_HAS_WGMMA 1
#else
#define GPU_HAS_WGMMA 0
#endif
#else
#define GPU_HAS_SM90 1
#define GPU_HAS_WGMMA 1
#endif

// A shared array of the block, `T name extents`: GPU_SHARED(float, part, [32]);
#if GPU_EMULATED
#define GPU_SHARED(T, name, ...)           \
  using name##_type = T __VA_ARGS__;       \
  static const char name##_identity = 0;   \
  auto& name = *static_cast<name##_type*>( \
      emu::shared_array(&name##_identity, #name, sizeof(name##_type), alignof(name##_type) < 16 ? 16 : alignof(name##_type)))
#else
#define GPU_SHARED(T, name, ...) __shared__ __align__(16) T name __VA_ARGS__
#endif

namespace gpu {

// The block's dynamic shared memory, 1024-byte aligned (TMA's and wgmma's 128-byte swizzle repeats every 1024 bytes).
template <class T>
GPU_INLINE T* dynamic_shared() {
#if GPU_EMULATED
  return static_cast<T*>(emu::dynamic_shared());
#else
  extern __shared__ __align__(1024) unsigned char gpu_dynamic_shared[];
  return reinterpret_cast<T*>(gpu_dynamic_shared);
#endif
}

#if !GPU_EMULATED
// The 32-bit address of shared memory that PTX takes.
GPU_INLINE uint32_t shared_address(const void* pointer) { return static_cast<uint32_t>(__cvta_generic_to_shared(pointer)); }
#endif

}  // namespace gpu
