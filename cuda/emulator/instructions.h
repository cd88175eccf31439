// What the wrappers of cuda/include/gpu call in place of a PTX instruction.
#pragma once
#include <cstring>

#include "builtins.h"
#include "numbers.h"

namespace emu {

// ---- memory -----------------------------------------------------------------------------------------------------------------------
// The block's array of that identity: the same place for every thread of the block, between redzones, poisoned.
EMU_CALL void* shared_array(const void* identity, const char* name, size_t bytes, size_t alignment);
EMU_CALL void* dynamic_shared();
EMU_CALL uint32_t shared_offset(const void* shared);

EMU_CALL bool check_load(const void* address, size_t bytes, const char* file, int line);
EMU_CALL bool check_store(void* address, size_t bytes, const char* file, int line);

template <class T>
EMU_CALL T load(const void* address, const char* file, int line) {
  T value;
  if (check_load(address, sizeof(T), file, line)) {
    std::memcpy(&value, address, sizeof(T));
  } else {
    std::memset(&value, 0xff, sizeof(T));
  }
  return value;
}

template <class T>
EMU_CALL void store(void* address, T value, const char* file, int line) {
  if (check_store(address, sizeof(T), file, line)) std::memcpy(address, &value, sizeof(T));
}

// ---- tensor cores of a warp -------------------------------------------------------------------------------------------------------
// By value, so that a kernel's fragments stay in registers: an array whose address escapes would be instrumented.
struct Fragment2 {
  uint32_t r[2];
};
struct Fragment4 {
  uint32_t r[4];
};
struct Sums4 {
  float r[4];
};

enum class Product { bf16_k16, bf16_k8, f16_k16, f16_k8, tf32_k8, tf32_k4 };
EMU_CALL Sums4 mma(Product product, Sums4 d, Fragment4 a, Fragment2 b, const char* file, int line);
EMU_CALL Fragment4 load_matrices(int count, const void* row, bool transposed, const char* file, int line);
EMU_CALL void store_matrices(int count, void* row, Fragment4 r, bool transposed, const char* file, int line);

__forceinline__ void mma_into(Product product, float (&d)[4], Fragment4 a, Fragment2 b, const char* file, int line) {
  const Sums4 sums = mma(product, {{d[0], d[1], d[2], d[3]}}, a, b, file, line);
  d[0] = sums.r[0];
  d[1] = sums.r[1];
  d[2] = sums.r[2];
  d[3] = sums.r[3];
}

__forceinline__ void mma_bf16_m16n8k16(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2], const char* file, int line) {
  mma_into(Product::bf16_k16, d, {{a[0], a[1], a[2], a[3]}}, {{b[0], b[1]}}, file, line);
}
__forceinline__ void mma_f16_m16n8k16(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2], const char* file, int line) {
  mma_into(Product::f16_k16, d, {{a[0], a[1], a[2], a[3]}}, {{b[0], b[1]}}, file, line);
}
__forceinline__ void mma_tf32_m16n8k8(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2], const char* file, int line) {
  mma_into(Product::tf32_k8, d, {{a[0], a[1], a[2], a[3]}}, {{b[0], b[1]}}, file, line);
}
__forceinline__ void mma_bf16_m16n8k8(float (&d)[4], const uint32_t (&a)[2], uint32_t b, const char* file, int line) {
  mma_into(Product::bf16_k8, d, {{a[0], a[1], 0, 0}}, {{b, 0}}, file, line);
}
__forceinline__ void mma_f16_m16n8k8(float (&d)[4], const uint32_t (&a)[2], uint32_t b, const char* file, int line) {
  mma_into(Product::f16_k8, d, {{a[0], a[1], 0, 0}}, {{b, 0}}, file, line);
}
__forceinline__ void mma_tf32_m16n8k4(float (&d)[4], const uint32_t (&a)[2], uint32_t b, const char* file, int line) {
  mma_into(Product::tf32_k4, d, {{a[0], a[1], 0, 0}}, {{b, 0}}, file, line);
}

template <int Count>
__forceinline__ void ldmatrix(uint32_t (&r)[Count], int, const void* row, bool transposed, const char* file, int line) {
  const Fragment4 loaded = load_matrices(Count, row, transposed, file, line);
  r[0] = loaded.r[0];
  if constexpr (Count > 1) r[1] = loaded.r[1];
  if constexpr (Count > 2) {
    r[2] = loaded.r[2];
    r[3] = loaded.r[3];
  }
}

template <int Count>
__forceinline__ void stmatrix(void* row, const uint32_t (&r)[Count], int, bool transposed, const char* file, int line) {
  Fragment4 values{{r[0], 0, 0, 0}};
  if constexpr (Count > 1) values.r[1] = r[1];
  if constexpr (Count > 2) {
    values.r[2] = r[2];
    values.r[3] = r[3];
  }
  store_matrices(Count, row, values, transposed, file, line);
}

// ---- copies of a thread, in groups ------------------------------------------------------------------------------------------------
EMU_CALL void cp_async(void* shared, const void* global, int bytes, int source_bytes, const char* file, int line);
EMU_CALL void cp_async_commit(const char* file, int line);
EMU_CALL void cp_async_wait(int pending, const char* file, int line);

// ---- barriers ---------------------------------------------------------------------------------------------------------------------
EMU_CALL void named_barrier_sync(uint32_t id, uint32_t threads, const char* file, int line);
EMU_CALL void named_barrier_arrive(uint32_t id, uint32_t threads, const char* file, int line);

EMU_CALL void mbarrier_init(uint64_t* barrier, uint32_t count, const char* file, int line);
EMU_CALL void mbarrier_arrive(uint64_t* barrier, uint32_t expected_bytes, const char* file, int line);
EMU_CALL void mbarrier_arrive_remote(uint64_t* barrier, uint32_t rank, const char* file, int line);
EMU_CALL void mbarrier_wait(uint64_t* barrier, uint32_t parity, const char* file, int line);
EMU_CALL void fence_mbarrier_init(const char* file, int line);
EMU_CALL void fence_async_proxy(const char* file, int line);

// ---- clusters ---------------------------------------------------------------------------------------------------------------------
EMU_CALL uint32_t cluster_rank();
EMU_CALL uint32_t cluster_size();
EMU_CALL void cluster_arrive(const char* file, int line);
EMU_CALL void cluster_wait(const char* file, int line);
EMU_CALL void* cluster_map_address(void* shared, uint32_t rank);
template <class T>
__forceinline__ void* cluster_map(T* shared, uint32_t rank) {
  return cluster_map_address(const_cast<void*>(static_cast<const void*>(shared)), rank);
}

// ---- bulk copies and tensor maps --------------------------------------------------------------------------------------------------
EMU_CALL void bulk_load(void* shared, const void* global, uint32_t bytes, uint64_t* barrier, const char* file, int line);
EMU_CALL void bulk_store(void* global, const void* shared, uint32_t bytes, const char* file, int line);
EMU_CALL void bulk_commit(const char* file, int line);
EMU_CALL void bulk_wait(int pending, bool read_only, const char* file, int line);
EMU_CALL void tma_load(void* shared, const void* map, int rank, const int32_t* at, uint64_t* barrier, const char* file, int line);
EMU_CALL void tma_store(const void* map, const void* shared, int rank, const int32_t* at, const char* file, int line);

// ---- warp-group products ----------------------------------------------------------------------------------------------------------
EMU_CALL void wgmma_fence(const char* file, int line);
EMU_CALL void wgmma_commit(const char* file, int line);
EMU_CALL void wgmma_wait(int pending, const char* file, int line);

enum class Element { bf16, f16, tf32 };
struct WarpGroupProduct {
  Element element;
  int n;
  bool accumulate;
  bool transposed_a;
  bool transposed_b;
  uint64_t a;  // descriptor, unless a_registers
  uint64_t b;
  const uint32_t* a_registers;  // 4, or null
  float* d;                     // n / 2
};
EMU_CALL void wgmma(const WarpGroupProduct& product, const char* file, int line);

#define EMU_WGMMA(name, element)                                                                                                  \
  EMU_CALL inline void name(float* d, int n, uint64_t a, uint64_t b, bool accumulate, bool transposed_a, bool transposed_b,       \
                            const char* file, int line) {                                                                         \
    wgmma({element, n, accumulate, transposed_a, transposed_b, a, b, nullptr, d}, file, line);                                    \
  }                                                                                                                               \
  EMU_CALL inline void name(float* d, int n, const uint32_t* a, uint64_t b, bool accumulate, bool transposed_b, const char* file, \
                            int line) {                                                                                           \
    wgmma({element, n, accumulate, false, transposed_b, 0, b, a, d}, file, line);                                                 \
  }
EMU_WGMMA(wgmma_bf16, Element::bf16)
EMU_WGMMA(wgmma_f16, Element::f16)
EMU_WGMMA(wgmma_tf32, Element::tf32)
#undef EMU_WGMMA

}  // namespace emu
