// A vector of floats as wide as the instruction set's registers, with loads and stores from F32 and BF16.
#pragma once
#include "isa.h"
#if defined(__AVX512F__)
#include <immintrin.h>
#endif

OCT_KERNEL_BEGIN

#if defined(__AVX512F__)
constexpr int kLanes = 16;
#elif defined(__AVX2__)
constexpr int kLanes = 8;
#else
constexpr int kLanes = 4;
#endif

typedef float vf __attribute__((vector_size(kLanes * 4)));
typedef float vf_unaligned __attribute__((vector_size(kLanes * 4), aligned(4), may_alias));
typedef int32_t vi __attribute__((vector_size(kLanes * 4)));
typedef uint32_t vu __attribute__((vector_size(kLanes * 4)));
typedef uint16_t vh __attribute__((vector_size(kLanes * 2)));
typedef uint16_t vh_unaligned __attribute__((vector_size(kLanes * 2), aligned(2), may_alias));

/// Storage type of BF16.
struct bf16 {
  uint16_t bits;
};

static inline vf splat(float value) { return value - vf{}; }
static inline vf load(const float* p) { return *reinterpret_cast<const vf_unaligned*>(p); }
static inline void store(float* p, vf value) { *reinterpret_cast<vf_unaligned*>(p) = value; }

// The intrinsics are one instruction where the compiler makes three out of __builtin_convertvector; their maskz forms, because GCC 12 warns
// of an uninitialized value in the plain ones.
static inline vu widen(const uint16_t* p) {
#if defined(__AVX512F__)
  return reinterpret_cast<vu>(_mm512_maskz_cvtepu16_epi32(0xffff, _mm256_loadu_si256(reinterpret_cast<const __m256i_u*>(p))));
#else
  return __builtin_convertvector(*reinterpret_cast<const vh_unaligned*>(p), vu);
#endif
}
static inline void narrow(uint16_t* p, vu value) {
#if defined(__AVX512F__)
  _mm256_storeu_si256(reinterpret_cast<__m256i_u*>(p), _mm512_maskz_cvtepi32_epi16(0xffff, reinterpret_cast<__m512i>(value)));
#else
  *reinterpret_cast<vh_unaligned*>(p) = __builtin_convertvector(value, vh);
#endif
}

static inline vf load(const bf16* p) { return reinterpret_cast<vf>(widen(&p->bits) << 16); }

/// To nearest even; NaN becomes a quiet NaN.
static inline void store(bf16* p, vf value) {
  const vu bits = reinterpret_cast<vu>(value);
  vu rounded = bits + 0x7fff + ((bits >> 16) & 1);
  rounded = value != value ? bits | 0x400000 : rounded;
  narrow(&p->bits, rounded >> 16);
}

static inline float to_float(float value) { return value; }
static inline float to_float(bf16 value) {
  const uint32_t bits = static_cast<uint32_t>(value.bits) << 16;
  float result;
  __builtin_memcpy(&result, &bits, 4);
  return result;
}
static inline void assign(float* p, float value) { *p = value; }
static inline void assign(bf16* p, float value) {
  uint32_t bits;
  __builtin_memcpy(&bits, &value, 4);
  p->bits = static_cast<uint16_t>(value != value ? (bits >> 16) | 0x40 : (bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

static inline vf select(vi mask, vf a, vf b) { return mask ? a : b; }

/// Calls body with a null float* or bf16*, the type that `dtype` names.
template <class Body>
static inline void with_float_type(oct_dtype dtype, const Body& body) {
  if (dtype == OCT_F32) {
    body(static_cast<float*>(nullptr));
  } else {
    body(static_cast<bf16*>(nullptr));
  }
}

OCT_KERNEL_END
