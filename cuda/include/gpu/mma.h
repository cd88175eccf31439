// Tensor-core products of one warp and the loads that feed them. Fragments as the PTX manual lays them out ("Matrix multiply-accumulate
// operation using mma instruction"); with g = lane / 4, t = lane % 4, pairs packed with the lower column (or row, in b) in the lower half:
//   m16n8k16: a[0] (g, 2t..) a[1] (g+8, 2t..) a[2] (g, 2t+8..) a[3] (g+8, 2t+8..); b[0] (k = 2t.., n = g) b[1] (k = 2t+8.., n = g);
//             d[0], d[1] (g, 2t), (g, 2t+1); d[2], d[3] (g+8, 2t), (g+8, 2t+1)
//   m16n8k8:  a[0] (g, 2t..) a[1] (g+8, 2t..); b (k = 2t.., n = g)
//   tf32 m16n8k8: a[0] (g, t) a[1] (g+8, t) a[2] (g, t+4) a[3] (g+8, t+4); b[0] (k = t, n = g) b[1] (k = t+4, n = g)
#pragma once
#include "platform.h"

namespace gpu {

// d += a b; a 16x16 row-major, b 16x8 column-major, d 16x8 in F32.
GPU_INLINE void mma_bf16(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2] GPU_AT) {
#if GPU_EMULATED
  emu::mma_bf16_m16n8k16(d, a, b, file, line);
#else
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
               : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#endif
}

// The same with 8 products a sum.
GPU_INLINE void mma_bf16_k8(float (&d)[4], const uint32_t (&a)[2], uint32_t b GPU_AT) {
#if GPU_EMULATED
  emu::mma_bf16_m16n8k8(d, a, b, file, line);
#else
  asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5}, {%6}, {%0,%1,%2,%3};"
               : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
               : "r"(a[0]), "r"(a[1]), "r"(b));
#endif
}

GPU_INLINE void mma_f16(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2] GPU_AT) {
#if GPU_EMULATED
  emu::mma_f16_m16n8k16(d, a, b, file, line);
#else
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
               : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#endif
}

// a 16x8, b 8x8 of tf32 (to_tf32).
GPU_INLINE void mma_tf32(float (&d)[4], const uint32_t (&a)[4], const uint32_t (&b)[2] GPU_AT) {
#if GPU_EMULATED
  emu::mma_tf32_m16n8k8(d, a, b, file, line);
#else
  asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
               : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#endif
}

// Loads 8x8 matrices of 16-bit elements from shared memory: lane 8 i + j gives the address of row j (16 bytes, 16-byte aligned) of matrix
// i; register i of lane l receives row l / 4, columns 2 (l % 4).. of matrix i, or with Transposed the column in place of the row.
template <bool Transposed = false>
GPU_INLINE void ldmatrix_x4(uint32_t (&r)[4], const void* row GPU_AT) {
#if GPU_EMULATED
  emu::ldmatrix(r, 4, row, Transposed, file, line);
#else
  const uint32_t address = shared_address(row);
  if constexpr (Transposed) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(address)
                 : "memory");
  } else {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(address)
                 : "memory");
  }
#endif
}

// Lanes 0-15 give the addresses; those of the other lanes must be valid all the same.
template <bool Transposed = false>
GPU_INLINE void ldmatrix_x2(uint32_t (&r)[2], const void* row GPU_AT) {
#if GPU_EMULATED
  emu::ldmatrix(r, 2, row, Transposed, file, line);
#else
  const uint32_t address = shared_address(row);
  if constexpr (Transposed) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.trans.shared.b16 {%0,%1}, [%2];" : "=r"(r[0]), "=r"(r[1]) : "r"(address) : "memory");
  } else {
    asm volatile("ldmatrix.sync.aligned.m8n8.x2.shared.b16 {%0,%1}, [%2];" : "=r"(r[0]), "=r"(r[1]) : "r"(address) : "memory");
  }
#endif
}

// The reverse of ldmatrix_x4; from sm_90 on.
template <bool Transposed = false>
GPU_INLINE void stmatrix_x4(void* row, const uint32_t (&r)[4] GPU_AT) {
#if GPU_EMULATED
  emu::stmatrix(row, r, 4, Transposed, file, line);
#elif GPU_HAS_SM90
  const uint32_t address = shared_address(row);
  if constexpr (Transposed) {
    asm volatile("stmatrix.sync.aligned.m8n8.x4.trans.shared.b16 [%0], {%1,%2,%3,%4};" ::"r"(address), "r"(r[0]), "r"(r[1]), "r"(r[2]),
                 "r"(r[3])
                 : "memory");
  } else {
    asm volatile("stmatrix.sync.aligned.m8n8.x4.shared.b16 [%0], {%1,%2,%3,%4};" ::"r"(address), "r"(r[0]), "r"(r[1]), "r"(r[2]), "r"(r[3])
                 : "memory");
  }
#else
  __trap();
#endif
}

}  // namespace gpu
