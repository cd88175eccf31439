// Values of a tensor on the host, and the host's own arithmetic of bf16.
#pragma once
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "octothorpe/context.h"

namespace oct::bench {

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

/// The most that rounding to the type changes a value by, relative.
inline double rounding(oct_dtype dtype) { return dtype == OCT_BF16 ? 0x1p-8 : 0x1p-24; }
constexpr double kUnit = 0x1p-24;

inline size_t bytes_of(oct_dtype dtype) {
  return dtype == OCT_F32 || dtype == OCT_I32 ? 4 : dtype == OCT_BF16 ? 2 : dtype == OCT_I64 ? 8 : 1;
}
inline bool is_float(oct_dtype dtype) { return dtype == OCT_F32 || dtype == OCT_BF16; }
inline const char* name_of(oct_dtype dtype) {
  return dtype == OCT_F32 ? "f32" : dtype == OCT_BF16 ? "bf16" : dtype == OCT_I32 ? "i32" : dtype == OCT_I64 ? "i64" : "u8";
}

inline int64_t product(const std::vector<int64_t>& shape) {
  int64_t count = 1;
  for (const int64_t extent : shape) count *= extent;
  return count;
}

/// Floats (of an F32 or BF16 tensor) or the bytes of any other.
struct Values {
  std::vector<float> floats;
  std::vector<uint8_t> bytes;
};

template <class T>
std::vector<uint8_t> bytes_from(const std::vector<T>& numbers) {
  std::vector<uint8_t> bytes(numbers.size() * sizeof(T));
  if (!bytes.empty()) memcpy(bytes.data(), numbers.data(), bytes.size());
  return bytes;
}

}  // namespace oct::bench
