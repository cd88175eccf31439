// Values of a tensor on the host.
#pragma once
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "../../tests/contract/support/numbers.h"

namespace oct::bench {

using oct::bytes_of;
using oct::from_bf16;
using oct::rounding;
using oct::to_bf16;

constexpr double kUnit = 0x1p-24;

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
