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

static inline vf load(const bf16* p) {
  const vh bits = *reinterpret_cast<const vh_unaligned*>(p);
  return reinterpret_cast<vf>(__builtin_convertvector(bits, vu) << 16);
}

/// To nearest even; NaN becomes a quiet NaN.
static inline void store(bf16* p, vf value) {
  const vu bits = reinterpret_cast<vu>(value);
  const vu rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  const vu nan = reinterpret_cast<vu>(value != value);
  *reinterpret_cast<vh_unaligned*>(p) = __builtin_convertvector((nan & ((bits >> 16) | 0x40)) | (~nan & rounded), vh);
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

static inline vf select(vi mask, vf a, vf b) {
  return reinterpret_cast<vf>((mask & reinterpret_cast<vi>(a)) | (~mask & reinterpret_cast<vi>(b)));
}

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
