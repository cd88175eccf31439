// BF16 arithmetic on the host, and the sizes of the element types; for the contract suite and for bench/cuda.
#pragma once
#include <cstdint>
#include <cstring>

#include "octothorpe/context.h"

namespace oct {

inline uint16_t to_bf16(float x) {
  uint32_t bits;
  memcpy(&bits, &x, 4);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return static_cast<uint16_t>(bits >> 16 | 0x40);
  return static_cast<uint16_t>((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

inline float from_bf16(uint16_t x) {
  const uint32_t bits = static_cast<uint32_t>(x) << 16;
  float value;
  memcpy(&value, &bits, 4);
  return value;
}

/// Half the relative distance between neighbors of the type: the most that rounding changes a value by.
inline double rounding(oct_dtype dtype) { return dtype == OCT_BF16 ? 0x1p-8 : 0x1p-24; }

inline size_t bytes_of(oct_dtype dtype) {
  return dtype == OCT_F32 || dtype == OCT_I32 ? 4 : dtype == OCT_BF16 ? 2 : dtype == OCT_I64 ? 8 : 1;
}

}  // namespace oct
