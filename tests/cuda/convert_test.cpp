#include "octothorpe/convert.h"

#include <limits>

#include "support.h"

namespace {

using namespace oct::test;

TEST(Convert, RoundsToTheNearestAndWidensExactly) {
  for (const std::vector<int64_t>& shape : shapes("convert", "test")) {
    for (const int64_t first : {0, 1}) {
      EmulatedDevice on(first);
      const int64_t count = shape[0] * shape[1] * shape[2] * shape[3];
      std::vector<float> values = random_values(count, 1, 300);
      values[0] = 1 + 0x1p-8f;  // halfway between neighbours: to even, 1
      values.back() = std::numeric_limits<float>::infinity();
      const oct_tensor x = on.of(OCT_F32, shape, values), y = on.empty(OCT_BF16, shape), back = on.empty(OCT_F32, shape);
      ASSERT_EQ(oct_convert(on.context(), &x, &y), OCT_OK) << oct_last_error();
      ASSERT_EQ(oct_convert(on.context(), &y, &back), OCT_OK) << oct_last_error();
      EXPECT_EQ(on.read(y), rounded(OCT_BF16, values));
      EXPECT_EQ(on.read(back), rounded(OCT_BF16, values));
    }
  }
}

TEST(Convert, KeepsNaN) {
  EmulatedDevice on;
  const oct_tensor x = on.of(OCT_F32, {3}, {1, std::numeric_limits<float>::quiet_NaN(), 2}), y = on.empty(OCT_BF16, {3});
  ASSERT_EQ(oct_convert(on.context(), &x, &y), OCT_OK) << oct_last_error();
  EXPECT_TRUE(std::isnan(on.read(y)[1]));
}

TEST(Convert, CopiesEqualTypesBitByBit) {
  for (const oct_dtype dtype : {OCT_F32, OCT_BF16, OCT_I32, OCT_I64, OCT_U8}) {
    for (const int64_t count : {1, 7, 16, 4099, 70001}) {
      EmulatedDevice on(count % 2);
      const oct_tensor x = on.empty(dtype, {count}), y = on.empty(dtype, {count});
      std::vector<uint8_t> bytes(static_cast<size_t>(count) * bytes_of(dtype));
      std::mt19937 random(5);
      for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
      ASSERT_EQ(oct_copy_to_device(on.context(), x.data, bytes.data(), bytes.size()), OCT_OK) << oct_last_error();
      ASSERT_EQ(oct_convert(on.context(), &x, &y), OCT_OK) << oct_last_error();
      EXPECT_EQ(on.read_bytes(y), bytes);
    }
  }
}

TEST(NormalizePixels, ScalesByChannel) {
  const float mean[4] = {0.485f, 0.456f, 0.406f, 0.5f}, deviation[4] = {0.229f, 0.224f, 0.225f, 0.25f};
  for (const std::vector<int64_t>& shape : shapes("convert", "test")) {
    for (const oct_dtype dtype : {OCT_F32, OCT_BF16}) {
      for (const int64_t first : {0, 1}) {
        EmulatedDevice on(first);
        const int64_t count = shape[0] * shape[1] * shape[2] * shape[3];
        std::vector<uint8_t> pixels(static_cast<size_t>(count));
        std::mt19937 random(3);
        for (uint8_t& pixel : pixels) pixel = static_cast<uint8_t>(random());
        pixels[0] = 255;
        const oct_tensor x = on.of_integers(OCT_U8, shape, pixels), y = on.empty(dtype, shape);
        ASSERT_EQ(oct_normalize_pixels(on.context(), &x, mean, deviation, &y), OCT_OK) << oct_last_error();
        const std::vector<float> actual = on.read(y);
        for (size_t i = 0; i < actual.size(); ++i) {
          const size_t c = i % static_cast<size_t>(shape[3]);
          const double pixel = pixels[i] / 255.0, divisor = static_cast<double>(deviation[c]), centre = static_cast<double>(mean[c]);
          const double expected = (pixel - centre) / divisor;
          // four F32 roundings of parts no larger than (pixel + mean) / deviation, then one to the type
          const double tolerance =
              4 * 0x1p-24 * (pixel + centre) / divisor + (dtype == OCT_F32 ? 0 : rounding(dtype) * std::fabs(expected));
          expect_near("y", i, expected, static_cast<double>(actual[i]), tolerance);
        }
      }
    }
  }
}

}  // namespace
