// kLanes bytes in memory, 32-bit integers in a register. Intrinsics, because GCC 12 makes __builtin_convertvector between the two a byte at
// a time.
#pragma once
#include <immintrin.h>

#include "simd.h"

OCT_KERNEL_BEGIN

static inline vi widen_bytes(const uint8_t* p) {
#if defined(__AVX512F__)
  return reinterpret_cast<vi>(_mm512_maskz_cvtepu8_epi32(0xffff, _mm_loadu_si128(reinterpret_cast<const __m128i_u*>(p))));
#elif defined(__AVX2__)
  return reinterpret_cast<vi>(_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i_u*>(p))));
#else
  int32_t four;
  __builtin_memcpy(&four, p, 4);
  return reinterpret_cast<vi>(_mm_cvtepu8_epi32(_mm_cvtsi32_si128(four)));
#endif
}

/// Values in [0,255].
static inline void narrow_bytes(uint8_t* p, vi values) {
#if defined(__AVX512F__)
  _mm_storeu_si128(reinterpret_cast<__m128i_u*>(p), _mm512_maskz_cvtepi32_epi8(0xffff, reinterpret_cast<__m512i>(values)));
#elif defined(__AVX2__)
  const __m256i wide = reinterpret_cast<__m256i>(values);
  const __m128i words = _mm_packus_epi32(_mm256_castsi256_si128(wide), _mm256_extracti128_si256(wide, 1));
  _mm_storel_epi64(reinterpret_cast<__m128i_u*>(p), _mm_packus_epi16(words, words));
#else
  const __m128i words = _mm_packus_epi32(reinterpret_cast<__m128i>(values), reinterpret_cast<__m128i>(values));
  const int32_t four = _mm_cvtsi128_si32(_mm_packus_epi16(words, words));
  __builtin_memcpy(p, &four, 4);
#endif
}

OCT_KERNEL_END
