// Packing of matrix operands into strips of 32-bit words (see gemm_micro.h). Words beyond the matrix are zero.
#pragma once
#include "gemm_micro.h"

OCT_KERNEL_BEGIN

/// Elements of T in a word.
template <class T>
constexpr int kWordTerms = sizeof(T) == 2 && kDotBf16 ? 2 : 1;

/// The words that `terms` elements of T fill.
template <class T>
static inline int64_t words_of(int64_t terms) {
  return (terms + kWordTerms<T> - 1) / kWordTerms<T>;
}

/// One word from its terms, the second kWordTerms == 2 only.
static inline float word_of(float first, float) { return first; }
static inline float word_of(bf16 first, bf16 second) {
  if constexpr (!kDotBf16) return to_float(first);
  const uint32_t bits = first.bits | static_cast<uint32_t>(second.bits) << 16;
  float word;
  __builtin_memcpy(&word, &bits, 4);
  return word;
}

/// kLanes words whose terms lie one after the other in memory.
static inline vf load_words(const float* p) { return load(p); }
static inline vf load_words(const bf16* p) {
  if constexpr (!kDotBf16) return load(p);
  vf words;
  __builtin_memcpy(&words, p, sizeof words);  // p is aligned to 2 bytes, not to the 4 of a word
  return words;
}

/// kLanes words from two rows (first and second terms) side by side.
static inline vf interleave_words(const float* first, const float*) { return load(first); }
static inline vf interleave_words(const bf16* first, const bf16* second) {
  if constexpr (!kDotBf16) return load(first);
  const vu low = __builtin_convertvector(*reinterpret_cast<const vh_unaligned*>(first), vu);
  if (second == nullptr) return reinterpret_cast<vf>(low);
  const vu high = __builtin_convertvector(*reinterpret_cast<const vh_unaligned*>(second), vu);
  return reinterpret_cast<vf>(low | high << 16);
}

/// Transposes a square of kLanes x kLanes words in registers: in each step rows that differ in one bit of their index swap half their
/// lanes.
static inline void transpose_words(vf (&rows)[kLanes]) {
#pragma GCC unroll 4
  for (int bit = 1; bit < kLanes; bit *= 2) {
    vi low{}, high{};
#pragma GCC unroll 16
    for (int lane = 0; lane < kLanes; ++lane) {
      low[lane] = lane & bit ? kLanes + lane - bit : lane;
      high[lane] = lane & bit ? kLanes + lane : lane + bit;
    }
#pragma GCC unroll 16
    for (int row = 0; row < kLanes; ++row) {
      if (row & bit) continue;
      const vf a = rows[row], b = rows[row + bit];
      rows[row] = __builtin_shuffle(a, b, low);
      rows[row + bit] = __builtin_shuffle(a, b, high);
    }
  }
}

/// Terms [begin, end) of `rows` rows of a matrix [., k], each row one after the other, kRowStride words apart: A as it lies.
template <class T>
static inline void pack_rows(const T* a, int64_t lda, int64_t rows, int64_t begin, int64_t end, float* packed) {
  constexpr int kTerms = kWordTerms<T>;
  const int64_t words = words_of<T>(end - begin);
  const int64_t whole = (end - begin) / kTerms;
  for (int64_t r = 0; r < rows; ++r) {
    const T* source = a + r * lda + begin;
    float* target = packed + r * kRowStride;
    int64_t w = 0;
    for (; w + kLanes <= whole; w += kLanes) store(target + w, load_words(source + w * kTerms));
    for (; w < words; ++w) target[w] = word_of(source[w * kTerms], w < whole ? source[w * kTerms + kTerms - 1] : T{});
  }
}

/// Asks for the `bytes` at p to come into L2.
static inline void fetch(const void* p, int64_t bytes) {
  for (int64_t i = 0; i < bytes; i += 64) __builtin_prefetch(static_cast<const char*>(p) + i, 0, 2);
}

/// One word of each of `padded` neighboring columns, from one row (kWordTerms == 2: two rows, the second perhaps null) of a matrix;
/// columns from `count` on become zero.
template <class T>
static inline void pack_columns_of_row(const T* first, const T* second, int64_t count, int64_t padded, float* packed) {
  int64_t j = 0;
  for (; j < padded && j + kLanes <= count; j += kLanes) {
    store(packed + j, interleave_words(first + j, second == nullptr ? nullptr : second + j));
  }
  for (; j < padded && j < count; ++j) packed[j] = word_of(first[j], second == nullptr ? T{} : second[j]);
  for (; j < padded; ++j) packed[j] = 0.0f;
}

/// Terms [begin, end) of kTileColumns neighboring columns of a matrix [k, .], of which `count` are there, into [word, kTileColumns]: B.
template <class T>
static inline void pack_columns(const T* b, int64_t ldb, int64_t count, int64_t begin, int64_t end, float* packed) {
  constexpr int kTerms = kWordTerms<T>;
  for (int64_t k = begin; k < end; k += kTerms, packed += kTileColumns) {
    const T* first = b + k * ldb;
    pack_columns_of_row(first, kTerms == 2 && k + 1 < end ? first + ldb : nullptr, count, kTileColumns, packed);
  }
}

/// Terms [begin, end) of the columns of a matrix [k, .], `count` of which are there, into `strips` strips [word, kPanelStride]; strip s
/// starts at column first_of(s): A transposed. Row by row, as the matrix lies in memory.
template <class T>
static inline void pack_panels(const T* a, int64_t lda, int64_t count, int64_t strips, const int64_t* starts, int64_t begin, int64_t end,
                               float* packed) {
  constexpr int kTerms = kWordTerms<T>;
  for (int64_t k = begin; k < end; k += kTerms, packed += kPanelStride) {
    const T* first = a + k * lda;
    const T* second = kTerms == 2 && k + 1 < end ? first + lda : nullptr;
    for (int64_t s = 0; s < strips; ++s) {
      const int64_t column = starts[s];
      if (kPanelStride == kLanes && column + kLanes <= count) {
        store(packed + s * kStripWords, interleave_words(first + column, second == nullptr ? nullptr : second + column));
        continue;
      }
      pack_columns_of_row(first + column, second == nullptr ? nullptr : second + column, count - column, kPanelStride,
                          packed + s * kStripWords);
    }
  }
}

/// Terms [begin, end) of `count` neighboring rows of a matrix [., k] into [word, kTileColumns]: B transposed.
template <class T>
static inline void pack_transposed(const T* b, int64_t ldb, int64_t count, int64_t begin, int64_t end, float* packed) {
  constexpr int kTerms = kWordTerms<T>;
  const int64_t words = words_of<T>(end - begin);
  const int64_t whole = (end - begin) / kTerms;
  b += begin;
  for (int64_t j = 0; j < kTileColumns; j += kLanes) {
    int64_t w = 0;
    if (j + kLanes <= count) {
      for (; w + kLanes <= whole; w += kLanes) {
        vf square[kLanes];
#pragma GCC unroll 16
        for (int i = 0; i < kLanes; ++i) square[i] = load_words(b + (j + i) * ldb + w * kTerms);
        transpose_words(square);
#pragma GCC unroll 16
        for (int i = 0; i < kLanes; ++i) store(packed + (w + i) * kTileColumns + j, square[i]);
      }
    }
    for (; w < words; ++w) {
      for (int64_t i = j; i < j + kLanes; ++i) {
        float word = 0.0f;
        if (i < count) {
          const T* source = b + i * ldb + w * kTerms;
          word = word_of(source[0], w < whole ? source[kTerms - 1] : T{});
        }
        packed[w * kTileColumns + i] = word;
      }
    }
  }
}

OCT_KERNEL_END
