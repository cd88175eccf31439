#include "support/expect.h"

namespace oct::test {
namespace {

oct_normalize_pixels_args arguments(const oct_tensor& x, const oct_tensor& y) {
  return {.x = x, .y = y, .mean = {0.485f, 0.456f, 0.406f, 0.5f}, .deviation = {0.229f, 0.224f, 0.225f, 0.25f}};
}

OCT_FOR_TYPES(NormalizePixels);

TEST_P(NormalizePixels, ScalesByChannelForAnyThreadCount) {
  for (const std::vector<int64_t>& shape : shapes("normalize_pixels", 4)) {
    for (const int64_t first : {0, 1}) {
      SCOPED_TRACE(text_of(shape));
      std::vector<uint8_t> pixels(static_cast<size_t>(product(shape)));
      std::mt19937 random(3);
      for (uint8_t& pixel : pixels) pixel = static_cast<uint8_t>(random());
      pixels[0] = 255;
      std::vector<uint8_t> bits;
      for (const int32_t threads : thread_counts()) {
        Device device({first, threads});
        const oct_tensor x = device.of_integers(OCT_U8, shape, pixels), y = device.empty(GetParam(), shape);
        const oct_normalize_pixels_args args = arguments(x, y);
        ASSERT_RUNS(device, args);
        if (bits.empty()) {
          bits = device.read_bytes(y);
          const std::vector<float> actual = device.read(y);
          for (size_t i = 0; i < actual.size(); ++i) {
            const size_t c = i % static_cast<size_t>(shape[3]);
            const auto mean = static_cast<double>(args.mean[c]), deviation = static_cast<double>(args.deviation[c]);
            const double pixel = pixels[i] / 255.0, expected = (pixel - mean) / deviation;
            // Scale, shift, product and sum are rounded once each: 2^-24 of pixel / deviation, of mean / deviation and of their sums.
            const double tolerance =
                4 * kUnit * (pixel + mean) / deviation + (GetParam() == OCT_F32 ? 0 : rounding(OCT_BF16) * std::fabs(expected));
            expect_near("y", i, expected, static_cast<double>(actual[i]), tolerance);
          }
        }
        EXPECT_EQ(device.read_bytes(y), bits) << threads << " threads";
      }
    }
  }
}

TEST(NormalizePixelsRefuses, WhatDoesNotFit) {
  Device device;
  const oct_tensor pixels = device.empty(OCT_U8, {1, 2, 2, 3}), y = device.empty(OCT_F32, {1, 2, 2, 3});
  const oct_tensor wide = device.empty(OCT_U8, {1, 1, 1, 5}), wide_y = device.empty(OCT_F32, {1, 1, 1, 5});
  oct_normalize_pixels_args args = arguments(pixels, y);
  args.deviation[2] = 0;
  expect_invalid(bind(device, args), {"normalize_pixels", "deviation[2] is 0", "> 0"});
  args = arguments(pixels, y);
  args.mean[0] = NAN;
  expect_invalid(bind(device, args), {"mean[0] is nan"});
  args = arguments(pixels, y);
  args.deviation[3] = 0;  // there is no fourth channel
  EXPECT_EQ(bind(device, args), OCT_OK) << oct_last_error();
  expect_invalid(bind(device, arguments(wide, wide_y)), {"5 channels", "at most 4"});
  expect_invalid(bind(device, arguments(y, y)), {"x is f32", "u8"});
}

}  // namespace
}  // namespace oct::test
