// The register tile of a matrix product: up to kTileRows x kTileColumns sums, kept in registers over kDepth steps.
//
// Operands are packed into 32-bit words, one a step of the depth: a float, or where the processor has vdpbf16ps two neighboring bf16
// terms (the first in the low half). BF16 is widened to floats elsewhere.
#pragma once
#include "../isa.h"
#include "../simd.h"

OCT_KERNEL_BEGIN

#if defined(__AVX512BF16__)
constexpr bool kDotBf16 = true;
#else
constexpr bool kDotBf16 = false;
#endif

/// Sums need registers: 14 x 2 of 32 and 6 x 2 of 16, which leaves 2 for B and at least 1 for A.
constexpr int kTileRows = kLanes == 16 ? 14 : 6;
constexpr int kTileColumns = 2 * kLanes;
/// Words of the depth a block: a strip of B [kDepth, kTileColumns] is 32 KB with AVX-512.
constexpr int kDepth = 256;
/// Words from a row of packed A to the next; not a power of two, since 14 rows 1 KB apart would share the sets of the L1 cache.
constexpr int kRowStride = kDepth + 16;
/// Words from a step of a packed A that was transposed to the next.
constexpr int kPanelStride = (kTileRows + kLanes - 1) / kLanes * kLanes;
/// Words of one packed strip of A in either layout.
constexpr int kStripWords = kTileRows * kRowStride > kPanelStride* kDepth ? kTileRows* kRowStride : kPanelStride* kDepth;

/// What a tile's sums do to C.
enum class Update { kOverwrite, kAddTo };

/// c[r,j] = (kAddTo: c[r,j]) + sum over w < depth of A(r,w) B(w,j) (+ bias[j] unless null); the tile is `rows` x kTileColumns.
using MicroKernel = void (*)(const float* a, const float* b, int64_t depth, const float* bias, Update update, float* c, int64_t ldc);

static inline vf multiply_add_words(vf a, vf b, vf sum, float*) { return sum + a * b; }
static inline vf splat_word(const float* p, float*) { return splat(*p); }
#if defined(__AVX512BF16__)
struct bf16_pair;
static inline vf multiply_add_words(vf a, vf b, vf sum, bf16_pair*) {
  return reinterpret_cast<vf>(_mm512_dpbf16_ps(reinterpret_cast<__m512>(sum), (__m512bh)a, (__m512bh)b));
}
static inline vf splat_word(const float* p, bf16_pair*) {
  int32_t word;
  __builtin_memcpy(&word, p, 4);
  return reinterpret_cast<vf>(_mm512_set1_epi32(word));
}
#else
using bf16_pair = float;
#endif

template <int kRows, bool kPanel, class Word>
void micro_kernel(const float* a, const float* b, int64_t depth, const float* bias, Update update, float* c, int64_t ldc) {
  constexpr int kRowStep = kPanel ? 1 : kRowStride;
  constexpr int kDepthStep = kPanel ? kPanelStride : 1;
  vf left[kRows], right[kRows];
#pragma GCC unroll 14
  for (int r = 0; r < kRows; ++r) left[r] = right[r] = vf{};
    // C is as large as L2 or larger, and each tile of it is touched once a block of the depth: fetch it under the sums.
#pragma GCC unroll 14
  for (int r = 0; r < kRows; ++r) {
    __builtin_prefetch(c + r * ldc, 1);
    __builtin_prefetch(c + r * ldc + kTileColumns - 1, 1);
  }
  for (int64_t w = 0; w < depth; ++w) {
    const vf b_left = load(b), b_right = load(b + kLanes);
#pragma GCC unroll 14
    for (int r = 0; r < kRows; ++r) {
      const vf value = splat_word(a + r * kRowStep, static_cast<Word*>(nullptr));
      left[r] = multiply_add_words(value, b_left, left[r], static_cast<Word*>(nullptr));
      right[r] = multiply_add_words(value, b_right, right[r], static_cast<Word*>(nullptr));
    }
    a += kDepthStep;
    b += kTileColumns;
  }
  if (bias != nullptr) {
    const vf bias_left = load(bias), bias_right = load(bias + kLanes);
#pragma GCC unroll 14
    for (int r = 0; r < kRows; ++r) left[r] += bias_left, right[r] += bias_right;
  }
  if (update == Update::kAddTo) {
#pragma GCC unroll 14
    for (int r = 0; r < kRows; ++r) left[r] += load(c + r * ldc), right[r] += load(c + r * ldc + kLanes);
  }
#pragma GCC unroll 14
  for (int r = 0; r < kRows; ++r) store(c + r * ldc, left[r]), store(c + r * ldc + kLanes, right[r]);
}

/// The kernel for tiles of `rows` rows, 1 to kTileRows.
template <bool kPanel, class Word, int kRows = kTileRows>
static inline MicroKernel micro_kernel_of(int64_t rows) {
  if constexpr (kRows == 1) {
    (void)rows;
    return micro_kernel<1, kPanel, Word>;
  } else {
    return rows == kRows ? micro_kernel<kRows, kPanel, Word> : micro_kernel_of<kPanel, Word, kRows - 1>(rows);
  }
}

OCT_KERNEL_END
