// Cropped, resized, mirrored and normalised images: values against double and against oct_resize, refusals, any number of threads.
#include "octothorpe/transform_images.h"

#include <algorithm>

#include "octothorpe/jpeg.h"
#include "support.h"

namespace {

using test::Context;
using test::expect_refused;
using test::Tensor;

const float kMean[] = {0.485f, 0.456f, 0.406f}, kDeviation[] = {0.229f, 0.224f, 0.225f};

// Several images of one output shape: one behind the other, with a gap of a byte, so that rows begin anywhere.
struct Batch {
  std::vector<std::vector<int64_t>> lines;
  std::vector<uint8_t> bytes;
  std::vector<int64_t> offsets;
  int64_t height, width;

  explicit Batch(const std::vector<std::vector<int64_t>>& images) : lines(images), height(images[0][7]), width(images[0][8]) {
    uint32_t state = 12345;
    for (const std::vector<int64_t>& line : lines) {
      bytes.push_back(255);
      offsets.push_back(static_cast<int64_t>(bytes.size()));
      for (int64_t i = 0; i < 3 * line[0] * line[1]; ++i) {
        state = state * 1664525u + 1013904223u;
        bytes.push_back(state >> 31 != 0 ? 255 : static_cast<uint8_t>(state >> 20));
      }
    }
  }
  int64_t images() const { return static_cast<int64_t>(lines.size()); }
  Tensor pixels() const {
    Tensor tensor(OCT_U8, {static_cast<int64_t>(bytes.size())});
    memcpy(tensor.view().data, bytes.data(), bytes.size());
    return tensor;
  }
  Tensor starts() const {
    Tensor tensor(OCT_I64, {images()});
    std::copy(offsets.begin(), offsets.end(), tensor.as<int64_t>());
    return tensor;
  }
  Tensor geometry() const {
    Tensor tensor(OCT_I32, {images(), 8});
    for (size_t n = 0; n < lines.size(); ++n) {
      for (size_t i = 0; i < 8; ++i) tensor.as<int32_t>()[8 * n + i] = i == 7 ? 0 : static_cast<int32_t>(lines[n][i]);
    }
    return tensor;
  }

  // Weight of input x for output i of one axis, by the formula of the documentation, in double.
  static double triangle(double x, double i, double inputs, double outputs) {
    const double step = inputs / outputs, width = std::max(step, 1.0);
    return std::max(0.0, 1 - std::fabs(x + 0.5 - (i + 0.5) * step) / width);
  }

  // The resized value of 255 at row p, column q (before mirroring), channel c.
  double resized(size_t image, int64_t p, int64_t q, int64_t c) const {
    const std::vector<int64_t>& g = lines[image];
    double sum = 0, weights = 0;
    for (int64_t v = 0; v < g[5]; ++v) {
      const double down = triangle(static_cast<double>(v), static_cast<double>(p), static_cast<double>(g[5]), static_cast<double>(height));
      if (down <= 0) continue;
      for (int64_t u = 0; u < g[4]; ++u) {
        const double weight =
            down * triangle(static_cast<double>(u), static_cast<double>(q), static_cast<double>(g[4]), static_cast<double>(width));
        if (weight <= 0) continue;
        weights += weight;
        sum += weight * bytes[static_cast<size_t>(offsets[image] + ((g[3] + v) * g[0] + g[2] + u) * 3 + c)];
      }
    }
    return sum / weights;
  }
};

class TransformImages : public testing::TestWithParam<std::tuple<oct_dtype, std::vector<int64_t>>> {};

TEST_P(TransformImages, MatchDoubleForAnyThreadCount) {
  const auto& [dtype, line] = GetParam();
  std::vector<int64_t> other = {5, 4, 1, 0, 3, 4, 1 - line[6], line[7], line[8]};
  const Batch batch({line, other, line});
  Tensor pixels = batch.pixels(), starts = batch.starts(), geometry = batch.geometry();
  Tensor y(dtype, {3, batch.height, batch.width, 3});
  ASSERT_EQ(OCT_OK, oct_transform_images(Context(1), pixels, starts, geometry, kMean, kDeviation, y)) << oct_last_error();
  size_t i = 0;
  for (size_t n = 0; n < 3; ++n) {
    for (int64_t p = 0; p < batch.height; ++p) {
      for (int64_t q = 0; q < batch.width; ++q) {
        const int64_t from = batch.lines[n][6] != 0 ? batch.width - 1 - q : q;
        for (int64_t c = 0; c < 3; ++c, ++i) {
          const double mean = static_cast<double>(kMean[c]), deviation = static_cast<double>(kDeviation[c]);
          const double value = batch.resized(n, p, from, c) / 255, expected = (value - mean) / deviation;
          // Weights are positive and sum to 1: each pass is off by a rounding a tap, and some for the weights, of the value.
          const double taps = static_cast<double>(2 * (batch.lines[n][4] / batch.width + batch.lines[n][5] / batch.height) + 6);
          const double tolerance =
              0x1p-24 * ((taps + 12) * value + 2 * mean) / deviation + (dtype == OCT_F32 ? 0x1p-24 : 0x1p-8) * std::fabs(expected);
          ASSERT_NEAR(expected, static_cast<double>(y.at(i)), tolerance) << "image " << n << ", " << p << ", " << q << ", " << c;
        }
      }
    }
  }
  for (const int32_t threads : {2, 3}) {
    Tensor again(dtype, {3, batch.height, batch.width, 3});
    ASSERT_EQ(OCT_OK, oct_transform_images(Context(threads), pixels, starts, geometry, kMean, kDeviation, again)) << oct_last_error();
    EXPECT_TRUE(y.same_bits(again)) << threads << " threads against 1";
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, TransformImages,
                         testing::Combine(testing::Values(OCT_F32, OCT_BF16),
                                          testing::ValuesIn(test::shape_lines("transform_images", "test", 9))));

// The path over bytes rounds in between, by half of one of 255 levels, and no more.
TEST(TransformImagesAgrees, WithResize) {
  const Batch batch({{97, 61, 7, 5, 80, 50, 1, 17, 23}});
  const float zero[] = {0, 0, 0}, one[] = {1, 1, 1};
  Tensor y(OCT_F32, {1, 17, 23, 3});
  std::vector<uint8_t> rgb(17 * 23 * 3);
  ASSERT_EQ(OCT_OK, oct_transform_images(Context(1), batch.pixels(), batch.starts(), batch.geometry(), zero, one, y)) << oct_last_error();
  ASSERT_EQ(OCT_OK, oct_resize(batch.bytes.data() + 1, 97, 61, 1, 7, 5, 80, 50, 1, 23, 17, rgb.data())) << oct_last_error();
  for (size_t i = 0; i < rgb.size(); ++i) ASSERT_NEAR(rgb[i], 255 * static_cast<double>(y.at(i)), 0.5 + 2e-3) << i;
}

TEST(TransformImagesRefuses, ImagesAndCropsThatLieOutside) {
  const std::vector<int64_t> good = {9, 8, 2, 1, 5, 6, 0, 4, 4};
  const auto refuse = [&](int32_t at, int32_t value, std::initializer_list<const char*> words) {
    Batch batch({good});
    Tensor geometry = batch.geometry(), y(OCT_F32, {1, 4, 4, 3});
    geometry.as<int32_t>()[at] = value;
    expect_refused(OCT_INVALID_ARGUMENT, oct_transform_images(Context(1), batch.pixels(), batch.starts(), geometry, kMean, kDeviation, y),
                   words);
  };
  refuse(0, 10, {"transform_images", "image 0", "does not lie within"});
  refuse(1, 0, {"does not lie within"});
  refuse(0, INT32_MAX, {"does not lie within"});
  refuse(2, -1, {"crop"});
  refuse(2, 5, {"crop that is empty or not inside"});
  refuse(3, 3, {"crop"});
  refuse(4, 0, {"crop"});
  refuse(5, INT32_MAX, {"crop"});
  Batch batch({good});
  Tensor starts = batch.starts(), y(OCT_F32, {1, 4, 4, 3});
  for (const int64_t offset : {int64_t{-1}, int64_t{2}, INT64_MAX}) {
    starts.as<int64_t>()[0] = offset;
    expect_refused(OCT_INVALID_ARGUMENT, oct_transform_images(Context(1), batch.pixels(), starts, batch.geometry(), kMean, kDeviation, y),
                   {"does not lie within"});
  }
}

TEST(TransformImagesRefuses, WrongShapesAndNumbers) {
  Batch batch({{9, 8, 2, 1, 5, 6, 0, 4, 4}});
  Tensor pixels = batch.pixels(), starts = batch.starts(), geometry = batch.geometry(), y(OCT_F32, {1, 4, 4, 3});
  const float bad[] = {1, 0, 1};
  expect_refused(OCT_INVALID_ARGUMENT, oct_transform_images(Context(1), pixels, starts, geometry, kMean, bad, y), {"deviation[1]", "> 0"});
  expect_refused(OCT_INVALID_ARGUMENT, oct_transform_images(Context(1), pixels, starts, geometry, nullptr, kDeviation, y),
                 {"mean is null"});
  Tensor grey(OCT_F32, {1, 4, 4, 1});
  expect_refused(OCT_INVALID_ARGUMENT, oct_transform_images(Context(1), pixels, starts, geometry, kMean, kDeviation, grey),
                 {"axis 3 must be 3"});
  Tensor two(OCT_F32, {2, 4, 4, 3});
  expect_refused(OCT_INVALID_ARGUMENT, oct_transform_images(Context(1), pixels, starts, geometry, kMean, kDeviation, two),
                 {"offsets", "axis 0 must be 2"});
  Tensor bytes(OCT_U8, {1, 4, 4, 3});
  expect_refused(OCT_INVALID_ARGUMENT, oct_transform_images(Context(1), pixels, starts, geometry, kMean, kDeviation, bytes), {"y is u8"});
}

}  // namespace
