// The 16-bit storage types and the conversions of a GPU, bit for bit: to nearest even, NaN to the canonical NaN.
#pragma once
#include <bit>
#include <cstdint>

namespace emu {

struct bf16 {
  uint16_t value;
};

struct f16 {
  uint16_t value;
};

constexpr uint16_t bits(bf16 x) { return x.value; }
constexpr uint16_t bits(f16 x) { return x.value; }

constexpr float to_float(bf16 x) { return std::bit_cast<float>(static_cast<uint32_t>(x.value) << 16); }

constexpr bf16 to_bf16(float x) {
  const uint32_t u = std::bit_cast<uint32_t>(x);
  if ((u & 0x7fffffffu) > 0x7f800000u) return {0x7fff};
  return {static_cast<uint16_t>((u + 0x7fffu + (u >> 16 & 1u)) >> 16)};
}

constexpr float to_float(f16 x) {
  const uint32_t sign = static_cast<uint32_t>(x.value & 0x8000u) << 16;
  const uint32_t exponent = x.value >> 10 & 31u;
  const uint32_t fraction = x.value & 0x3ffu;
  if (exponent == 31) return std::bit_cast<float>(sign | 0x7f800000u | fraction << 13);
  if (exponent != 0) return std::bit_cast<float>(sign | (exponent + 112) << 23 | fraction << 13);
  const float magnitude = static_cast<float>(fraction) * 0x1p-24f;
  return sign ? -magnitude : magnitude;
}

constexpr f16 to_f16(float x) {
  const uint32_t u = std::bit_cast<uint32_t>(x);
  const uint16_t sign = static_cast<uint16_t>(u >> 16 & 0x8000u);
  const uint32_t magnitude = u & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return {0x7fff};
  if (magnitude >= 0x477ff000u) return {static_cast<uint16_t>(sign | 0x7c00u)};  // 65520 and above round to infinity
  if (magnitude >= 0x38800000u) {                                                // normal: 2^-14 and above
    const uint32_t rounded = magnitude + 0xfffu + (magnitude >> 13 & 1u);
    return {static_cast<uint16_t>(sign | (rounded - 0x38000000u) >> 13)};
  }
  // Subnormal: adding 0.5 leaves the multiple of 2^-24, rounded to nearest even, in the low bits.
  const float shifted = std::bit_cast<float>(magnitude) + 0.5f;
  return {static_cast<uint16_t>(sign | (std::bit_cast<uint32_t>(shifted) - 0x3f000000u))};
}

// cvt.rna.tf32.f32: 10 bits of fraction, ties away from zero.
constexpr uint32_t to_tf32(float x) {
  const uint32_t u = std::bit_cast<uint32_t>(x);
  if ((u & 0x7f800000u) == 0x7f800000u) return (u & 0x7fffffu) ? 0x7fffffffu : u;
  return (u + 0x1000u) & 0xffffe000u;
}

}  // namespace emu
