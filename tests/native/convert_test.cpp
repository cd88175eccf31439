// Conversions: every BF16 pattern, rounding at the borders, pixels against double, refusals, any number of threads.
#include "octothorpe/convert.h"

#include "support.h"

namespace {

using test::Context;
using test::expect_refused;
using test::random_values;
using test::Tensor;

TEST(Convert, EveryBf16PatternSurvivesTheWayThereAndBack) {
  Tensor bf16(OCT_BF16, {65536}), wide(OCT_F32, {65536}), back(OCT_BF16, {65536});
  for (uint32_t i = 0; i < 65536; ++i) bf16.as<uint16_t>()[i] = static_cast<uint16_t>(i);
  Context context(2);
  ASSERT_EQ(OCT_OK, oct_convert(context, bf16, wide)) << oct_last_error();
  ASSERT_EQ(OCT_OK, oct_convert(context, wide, back)) << oct_last_error();
  for (uint32_t i = 0; i < 65536; ++i) {
    const float value = test::bf16_to_float(static_cast<uint16_t>(i));
    ASSERT_EQ(0, memcmp(&value, &wide.as<float>()[i], 4)) << i;
    ASSERT_EQ(std::isnan(value) ? (i | 0x40) : i, back.as<uint16_t>()[i]) << i;  // a NaN stays one, and becomes quiet
  }
}

TEST(Convert, RoundsToNearestEven) {
  // Around every BF16 value of some binades: a quarter, half and three quarters of the way to the next.
  std::vector<uint32_t> bits;
  for (uint32_t high = 0; high < 65536; high += 7) {
    for (uint32_t low : {0u, 1u, 0x4000u, 0x7fffu, 0x8000u, 0x8001u, 0xc000u, 0xffffu}) bits.push_back(high << 16 | low);
  }
  const int64_t n = static_cast<int64_t>(bits.size());
  Tensor x(OCT_F32, {n}), y(OCT_BF16, {n});
  memcpy(x.view().data, bits.data(), bits.size() * 4);
  ASSERT_EQ(OCT_OK, oct_convert(Context(1), x, y)) << oct_last_error();
  for (size_t i = 0; i < bits.size(); ++i) ASSERT_EQ(test::float_to_bf16(x.at(i)), y.as<uint16_t>()[i]) << std::hex << bits[i];
}

TEST(Convert, EqualTypesAreCopied) {
  for (const oct_dtype dtype : {OCT_F32, OCT_BF16, OCT_I32, OCT_I64, OCT_U8}) {
    Tensor x(dtype, {3, 11}, random_values(33, 5, 0, 200)), y(dtype, {3, 11});
    ASSERT_EQ(OCT_OK, oct_convert(Context(2), x, y)) << oct_last_error();
    EXPECT_TRUE(x.same_bits(y)) << dtype;
  }
}

class Pixels : public testing::TestWithParam<std::tuple<oct_dtype, std::vector<int64_t>>> {};

TEST_P(Pixels, AreNormalizedByChannelForAnyThreadCount) {
  const auto& [dtype, shape] = GetParam();
  const float mean[] = {0.485f, 0.456f, 0.406f, 0.5f}, deviation[] = {0.229f, 0.224f, 0.225f, 0.25f};
  Tensor x(OCT_U8, shape), y(dtype, shape);
  x.set(random_values(x.count(), 6, 0, 256));
  x.as<uint8_t>()[0] = 255;
  ASSERT_EQ(OCT_OK, oct_normalize_pixels(Context(1), x, mean, deviation, y)) << oct_last_error();
  for (size_t i = 0; i < static_cast<size_t>(x.count()); ++i) {
    const size_t c = i % static_cast<size_t>(shape[3]);
    const double m = static_cast<double>(mean[c]), d = static_cast<double>(deviation[c]);
    const double pixel = static_cast<double>(x.as<uint8_t>()[i]) / 255, expected = (pixel - m) / d;
    // Scale, shift, product and sum are rounded once each: 2^-24 of pixel / deviation, of mean / deviation and of their sums.
    const double tolerance = 4 * 0x1p-24 * (pixel + m) / d + (dtype == OCT_F32 ? 0 : 0x1p-8 * std::fabs(expected));
    ASSERT_NEAR(expected, y.at(i), tolerance) << i;
  }
  for (const int32_t threads : {2, 3}) {
    Tensor other(dtype, shape);
    ASSERT_EQ(OCT_OK, oct_normalize_pixels(Context(threads), x, mean, deviation, other));
    EXPECT_TRUE(y.same_bits(other)) << threads << " threads";
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, Pixels,
                         testing::Combine(testing::Values(OCT_F32, OCT_BF16), testing::ValuesIn(test::shape_lines("convert", "test", 4))));

TEST(ConvertRefuses, WhatDoesNotFit) {
  Context context(1);
  Tensor f32(OCT_F32, {2, 3}), i32(OCT_I32, {2, 3}), bf16(OCT_BF16, {3, 2});
  expect_refused(OCT_INVALID_ARGUMENT, oct_convert(context, f32, i32), {"convert", "x is f32", "y is i32"});
  expect_refused(OCT_INVALID_ARGUMENT, oct_convert(context, f32, bf16), {"y has the shape [3,2]"});
  expect_refused(OCT_INVALID_ARGUMENT, oct_convert(context, f32, f32), {"overlaps"});
  const float mean[] = {0, 0, 0, 0, 0}, deviation[] = {1, 1, 0, 1, 1}, nan[] = {NAN, 0, 0};
  Tensor pixels(OCT_U8, {1, 2, 2, 3}), y(OCT_F32, {1, 2, 2, 3}), wide(OCT_U8, {1, 1, 1, 5}), wide_y(OCT_F32, {1, 1, 1, 5});
  expect_refused(OCT_INVALID_ARGUMENT, oct_normalize_pixels(context, pixels, mean, deviation, y), {"deviation[2] is 0", "> 0"});
  expect_refused(OCT_INVALID_ARGUMENT, oct_normalize_pixels(context, pixels, nan, mean, y), {"mean[0] is nan"});
  expect_refused(OCT_INVALID_ARGUMENT, oct_normalize_pixels(context, pixels, nullptr, deviation, y), {"mean is null"});
  expect_refused(OCT_INVALID_ARGUMENT, oct_normalize_pixels(context, wide, mean, deviation, wide_y), {"5 channels", "at most 4"});
  expect_refused(OCT_INVALID_ARGUMENT, oct_normalize_pixels(context, y, mean, deviation, y), {"x is f32", "u8"});
}

}  // namespace
