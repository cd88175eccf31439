// TMA: boxes of a tensor between global and shared memory, described by a map that the host encodes (sm_90 on).
#pragma once
#include "mbarrier.h"
#include "platform.h"

namespace gpu {

// How a box's rows of 32, 64 or 128 bytes are permuted in shared memory, so that ldmatrix and wgmma meet no bank conflict: the 16-byte
// chunk index is xored with bits of the row (the pattern repeats every 256, 512, 1024 bytes, to which the box is aligned).
enum class Swizzle : uint32_t { none = 0, bytes32 = 1, bytes64 = 2, bytes128 = 3 };

// A CUtensorMap: 128 opaque bytes. Passed to kernels by value, as `const __grid_constant__ gpu::TensorMap`.
struct alignas(128) TensorMap {
  uint64_t opaque[16];
};

#if GPU_EMULATED
#define GPU_GRID_CONSTANT
#else
#define GPU_GRID_CONSTANT __grid_constant__
#endif

GPU_INLINE void prefetch_tensor_map([[maybe_unused]] const TensorMap* map) {
#if !GPU_EMULATED && GPU_HAS_SM90
  asm volatile("prefetch.tensormap [%0];" ::"l"(map) : "memory");
#endif
}

// Loads the box whose first element has the coordinates (c0 fastest); parts outside the tensor become zeros and count as bytes all the
// same. By one thread.
GPU_INLINE void tma_load_2d(void* shared, const TensorMap* map, int32_t c0, int32_t c1, mbarrier* barrier GPU_AT) {
#if GPU_EMULATED
  const int32_t at[] = {c0, c1};
  emu::tma_load(shared, map, 2, at, barrier, file, line);
#elif GPU_HAS_SM90
  asm volatile("cp.async.bulk.tensor.2d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%3, %4}], [%2];" ::"r"(
                   shared_address(shared)),
               "l"(map), "r"(shared_address(barrier)), "r"(c0), "r"(c1)
               : "memory");
#else
  __trap();
#endif
}

GPU_INLINE void tma_load_3d(void* shared, const TensorMap* map, int32_t c0, int32_t c1, int32_t c2, mbarrier* barrier GPU_AT) {
#if GPU_EMULATED
  const int32_t at[] = {c0, c1, c2};
  emu::tma_load(shared, map, 3, at, barrier, file, line);
#elif GPU_HAS_SM90
  asm volatile("cp.async.bulk.tensor.3d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%3, %4, %5}], [%2];" ::"r"(
                   shared_address(shared)),
               "l"(map), "r"(shared_address(barrier)), "r"(c0), "r"(c1), "r"(c2)
               : "memory");
#else
  __trap();
#endif
}

GPU_INLINE void tma_load_4d(void* shared, const TensorMap* map, int32_t c0, int32_t c1, int32_t c2, int32_t c3, mbarrier* barrier GPU_AT) {
#if GPU_EMULATED
  const int32_t at[] = {c0, c1, c2, c3};
  emu::tma_load(shared, map, 4, at, barrier, file, line);
#elif GPU_HAS_SM90
  asm volatile("cp.async.bulk.tensor.4d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%3, %4, %5, %6}], [%2];" ::"r"(
                   shared_address(shared)),
               "l"(map), "r"(shared_address(barrier)), "r"(c0), "r"(c1), "r"(c2), "r"(c3)
               : "memory");
#else
  __trap();
#endif
}

GPU_INLINE void tma_load_5d(void* shared, const TensorMap* map, int32_t c0, int32_t c1, int32_t c2, int32_t c3, int32_t c4,
                            mbarrier* barrier GPU_AT) {
#if GPU_EMULATED
  const int32_t at[] = {c0, c1, c2, c3, c4};
  emu::tma_load(shared, map, 5, at, barrier, file, line);
#elif GPU_HAS_SM90
  asm volatile("cp.async.bulk.tensor.5d.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1, {%3, %4, %5, %6, %7}], [%2];" ::"r"(
                   shared_address(shared)),
               "l"(map), "r"(shared_address(barrier)), "r"(c0), "r"(c1), "r"(c2), "r"(c3), "r"(c4)
               : "memory");
#else
  __trap();
#endif
}

// Stores a box in the thread's current bulk group (bulk_commit, bulk_wait); parts outside the tensor are not written.
GPU_INLINE void tma_store_2d(const TensorMap* map, const void* shared, int32_t c0, int32_t c1 GPU_AT) {
#if GPU_EMULATED
  const int32_t at[] = {c0, c1};
  emu::tma_store(map, shared, 2, at, file, line);
#elif GPU_HAS_SM90
  asm volatile("cp.async.bulk.tensor.2d.global.shared::cta.bulk_group [%0, {%2, %3}], [%1];" ::"l"(map), "r"(shared_address(shared)),
               "r"(c0), "r"(c1)
               : "memory");
#else
  __trap();
#endif
}

GPU_INLINE void tma_store_4d(const TensorMap* map, const void* shared, int32_t c0, int32_t c1, int32_t c2, int32_t c3 GPU_AT) {
#if GPU_EMULATED
  const int32_t at[] = {c0, c1, c2, c3};
  emu::tma_store(map, shared, 4, at, file, line);
#elif GPU_HAS_SM90
  asm volatile("cp.async.bulk.tensor.4d.global.shared::cta.bulk_group [%0, {%2, %3, %4, %5}], [%1];" ::"l"(map),
               "r"(shared_address(shared)), "r"(c0), "r"(c1), "r"(c2), "r"(c3)
               : "memory");
#else
  __trap();
#endif
}

}  // namespace gpu
