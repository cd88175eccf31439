// Element types and their conversions. Kernels compute in float; bf16 and f16 are storage.
#pragma once
#include "platform.h"

namespace gpu {

#if GPU_EMULATED
using bf16 = emu::bf16;  // 16 bits, trivially copyable, no arithmetic
using f16 = emu::f16;
#else
using bf16 = __nv_bfloat16;
using f16 = __half;
#endif

GPU_INLINE float to_float(float x) { return x; }

GPU_INLINE float to_float(bf16 x) {
#if GPU_EMULATED
  return emu::to_float(x);
#else
  return __bfloat162float(x);
#endif
}

GPU_INLINE float to_float(f16 x) {
#if GPU_EMULATED
  return emu::to_float(x);
#else
  return __half2float(x);
#endif
}

// To nearest even; NaN stays NaN.
template <class T>
GPU_INLINE T from_float(float x);

template <>
GPU_INLINE float from_float<float>(float x) {
  return x;
}

template <>
GPU_INLINE bf16 from_float<bf16>(float x) {
#if GPU_EMULATED
  return emu::to_bf16(x);
#else
  return __float2bfloat16_rn(x);
#endif
}

template <>
GPU_INLINE f16 from_float<f16>(float x) {
#if GPU_EMULATED
  return emu::to_f16(x);
#else
  return __float2half_rn(x);
#endif
}

// Two bf16 in one register, `low` in bits 0-15, which is the lower address.
GPU_INLINE uint32_t pack_bf16(float low, float high) {
#if GPU_EMULATED
  return emu::bits(emu::to_bf16(low)) | static_cast<uint32_t>(emu::bits(emu::to_bf16(high))) << 16;
#else
  const __nv_bfloat162 pair = __floats2bfloat162_rn(low, high);
  return *reinterpret_cast<const uint32_t*>(&pair);
#endif
}

GPU_INLINE uint32_t pack_f16(float low, float high) {
#if GPU_EMULATED
  return emu::bits(emu::to_f16(low)) | static_cast<uint32_t>(emu::bits(emu::to_f16(high))) << 16;
#else
  const __half2 pair = __floats2half2_rn(low, high);
  return *reinterpret_cast<const uint32_t*>(&pair);
#endif
}

// The two halves of a register of bf16, as float: a bf16 is the upper half of a float.
GPU_INLINE float low_bf16(uint32_t pair) { return __uint_as_float(pair << 16); }
GPU_INLINE float high_bf16(uint32_t pair) { return __uint_as_float(pair & 0xffff0000u); }

// The nearest tf32 (10 bits of fraction; ties away from zero), as the bits that mma_tf32 takes.
GPU_INLINE uint32_t to_tf32(float x) {
#if GPU_EMULATED
  return emu::to_tf32(x);
#else
  uint32_t bits;
  asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(x));
  return bits;
#endif
}

}  // namespace gpu
