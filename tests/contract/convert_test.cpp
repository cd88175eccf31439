#include "support/expect.h"

namespace oct::test {
namespace {

TEST(Convert, EveryBf16PatternSurvivesTheWayThereAndBack) {
  Device device;
  std::vector<uint16_t> patterns(65536);
  for (size_t i = 0; i < patterns.size(); ++i) patterns[i] = static_cast<uint16_t>(i);
  const oct_tensor half = device.empty(OCT_BF16, {65536}), wide = device.empty(OCT_F32, {65536}), back = device.empty(OCT_BF16, {65536});
  device.write_bytes(half, patterns.data(), patterns.size() * 2);
  ASSERT_RUNS(device, oct_convert_args{.x = half, .y = wide});
  ASSERT_RUNS(device, oct_convert_args{.x = wide, .y = back});
  const std::vector<uint8_t> widened = device.read_bytes(wide), returned = device.read_bytes(back);
  for (size_t i = 0; i < patterns.size(); ++i) {
    const float value = from_bf16(patterns[i]);
    uint16_t bits;
    memcpy(&bits, &returned[2 * i], 2);
    if (!std::isnan(value) || on_cpu()) {
      ASSERT_EQ(memcmp(&value, &widened[4 * i], 4), 0) << i;
    }
    if (std::isnan(value) && !on_cpu()) {
      ASSERT_TRUE(std::isnan(from_bf16(bits))) << i;  // a NaN stays one; the GPU has one pattern for all
    } else {
      ASSERT_EQ(bits, std::isnan(value) ? (i | 0x40) : i) << i;  // and becomes quiet
    }
  }
}

TEST(Convert, RoundsToNearestEven) {
  // Around BF16 values of every binade: a quarter, half and three quarters of the way to the next.
  std::vector<uint32_t> bits;
  for (uint32_t high = 0; high < 65536; high += 7) {
    for (const uint32_t low : {0u, 1u, 0x4000u, 0x7fffu, 0x8000u, 0x8001u, 0xc000u, 0xffffu}) bits.push_back(high << 16 | low);
  }
  std::vector<float> values(bits.size());
  memcpy(values.data(), bits.data(), bits.size() * 4);
  Device device;
  const auto n = static_cast<int64_t>(bits.size());
  const oct_tensor x = device.of(OCT_F32, {n}, values), y = device.empty(OCT_BF16, {n});
  ASSERT_RUNS(device, oct_convert_args{.x = x, .y = y});
  const std::vector<float> actual = device.read(y);
  for (size_t i = 0; i < values.size(); ++i) {
    const float expected = from_bf16(to_bf16(values[i]));
    ASSERT_TRUE(std::isnan(expected) ? std::isnan(actual[i]) : memcmp(&expected, &actual[i], 4) == 0) << std::hex << bits[i];
  }
}

TEST(Convert, TakesEveryShapeAndPlace) {
  for (const std::vector<int64_t>& shape : shapes("convert", 4)) {
    for (const int64_t first : {0, 1}) {
      Device device({.first = first});
      std::vector<float> values = random_values(product(shape), 1, -300, 300);
      values[0] = 1 + 0x1p-8f;  // halfway between neighbors: to even, 1
      values.back() = INFINITY;
      const oct_tensor x = device.of(OCT_F32, shape, values), y = device.empty(OCT_BF16, shape), back = device.empty(OCT_F32, shape);
      ASSERT_RUNS(device, oct_convert_args{.x = x, .y = y});
      ASSERT_RUNS(device, oct_convert_args{.x = y, .y = back});
      EXPECT_EQ(device.read(y), rounded(OCT_BF16, values));
      EXPECT_EQ(device.read(back), rounded(OCT_BF16, values));
    }
  }
}

TEST(Convert, CopiesEqualTypesBitByBit) {
  for (const oct_dtype dtype : {OCT_F32, OCT_BF16, OCT_I32, OCT_I64, OCT_U8}) {
    for (const int64_t count : {1, 7, 16, 33, 4099, 70001}) {
      Device device({.first = count % 2});
      std::vector<uint8_t> bytes(static_cast<size_t>(count) * bytes_of(dtype));
      std::mt19937 random(5);
      for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
      const oct_tensor x = device.empty(dtype, {count}), y = device.empty(dtype, {count});
      device.write_bytes(x, bytes.data(), bytes.size());
      ASSERT_RUNS(device, oct_convert_args{.x = x, .y = y});
      EXPECT_EQ(device.read_bytes(y), bytes) << dtype;
    }
  }
}

TEST(ConvertRefuses, WhatDoesNotFit) {
  Device device;
  const oct_tensor f32 = device.empty(OCT_F32, {2, 3}), i32 = device.empty(OCT_I32, {2, 3}), half = device.empty(OCT_BF16, {3, 2});
  expect_invalid(bind(device, oct_convert_args{.x = f32, .y = i32}), {"convert", "x is f32", "y is i32"});
  expect_invalid(bind(device, oct_convert_args{.x = f32, .y = half}), {"y has the shape [3,2]"});
  expect_invalid(bind(device, oct_convert_args{.x = f32, .y = f32}), {"overlaps"});
}

}  // namespace
}  // namespace oct::test
