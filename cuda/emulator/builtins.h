// CUDA's qualifiers, index variables and barriers for a host compiler.
#pragma once
#include "types.h"

#define __global__
#define __device__
#define __host__
#define __constant__ static const
#define __grid_constant__
#define __launch_bounds__(...)
#define __align__(n) alignas(n)
// Always inlined: an inline function that the linker merges with a copy from a file without instrumentation would not be checked.
#define __forceinline__ inline __attribute__((always_inline))

// Emulator code that a kernel calls is not kernel code: what it touches is not checked by the instrumentation.
#define EMU_CALL __attribute__((noinline, no_sanitize("thread"), visibility("default")))
#define EMU_AT const char *file = __builtin_FILE(), int line = __builtin_LINE()

namespace emu {

// Constant within a thread, so that the compiler may keep them in registers.
__attribute__((const)) EMU_CALL uint3 thread_index();
__attribute__((const)) EMU_CALL uint3 block_index();
__attribute__((const)) EMU_CALL dim3 block_extent();
__attribute__((const)) EMU_CALL dim3 grid_extent();

enum class Reduce { none, any, all, count };
EMU_CALL int block_barrier(Reduce reduce, int predicate, const char* file, int line);
EMU_CALL void thread_fence(bool device, const char* file, int line);

}  // namespace emu

#define threadIdx (emu::thread_index())
#define blockIdx (emu::block_index())
#define blockDim (emu::block_extent())
#define gridDim (emu::grid_extent())
#define warpSize 32

inline void __syncthreads(EMU_AT) { emu::block_barrier(emu::Reduce::none, 0, file, line); }
inline int __syncthreads_or(int predicate, EMU_AT) { return emu::block_barrier(emu::Reduce::any, predicate, file, line); }
inline int __syncthreads_and(int predicate, EMU_AT) { return emu::block_barrier(emu::Reduce::all, predicate, file, line); }
inline int __syncthreads_count(int predicate, EMU_AT) { return emu::block_barrier(emu::Reduce::count, predicate, file, line); }

inline void __threadfence_block(EMU_AT) { emu::thread_fence(false, file, line); }
inline void __threadfence(EMU_AT) { emu::thread_fence(true, file, line); }
inline void __threadfence_system(EMU_AT) { emu::thread_fence(true, file, line); }
