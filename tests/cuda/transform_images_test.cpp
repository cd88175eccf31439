#include "octothorpe/transform_images.h"

#include <algorithm>

#include "support.h"

namespace {

using namespace oct::test;

const float kMean[] = {0.485f, 0.456f, 0.406f}, kDeviation[] = {0.229f, 0.224f, 0.225f};

// Weight of input x for output i of one axis.
double triangle(int64_t x, int64_t i, int64_t inputs, int64_t outputs) {
  const double step = static_cast<double>(inputs) / static_cast<double>(outputs), width = std::max(step, 1.0);
  return std::max(0.0, 1 - std::fabs(static_cast<double>(x) + 0.5 - (static_cast<double>(i) + 0.5) * step) / width);
}

// Two images of one output shape, the second not at a multiple of anything.
struct Batch {
  std::vector<std::vector<int64_t>> lines;
  std::vector<uint8_t> bytes{255};
  std::vector<int64_t> offsets;
  std::vector<int32_t> geometry;

  explicit Batch(const std::vector<int64_t>& line) : lines{{5, 4, 1, 0, 3, 4, 1 - line[6], line[7], line[8]}, line} {
    std::mt19937 random(5);
    for (const std::vector<int64_t>& image : lines) {
      offsets.push_back(static_cast<int64_t>(bytes.size()));
      for (int64_t i = 0; i < 3 * image[0] * image[1]; ++i) bytes.push_back(random() % 2 == 0 ? 255 : static_cast<uint8_t>(random()));
      for (size_t i = 0; i < 7; ++i) geometry.push_back(static_cast<int32_t>(image[i]));
      geometry.push_back(0);
    }
  }
  double resized(size_t image, int64_t p, int64_t q, int64_t c) const {
    const std::vector<int64_t>& g = lines[image];
    double sum = 0, weights = 0;
    for (int64_t v = 0; v < g[5]; ++v) {
      const double down = triangle(v, p, g[5], g[7]);
      if (down <= 0) continue;
      for (int64_t u = 0; u < g[4]; ++u) {
        const double weight = down * triangle(u, q, g[4], g[8]);
        weights += weight;
        sum += weight * bytes[static_cast<size_t>(offsets[image] + ((g[3] + v) * g[0] + g[2] + u) * 3 + c)];
      }
    }
    return sum / weights;
  }
};

class TransformImages : public testing::TestWithParam<oct_dtype> {};

TEST_P(TransformImages, MatchDouble) {
  for (const std::vector<int64_t>& line : shapes("transform_images", "test")) {
    SCOPED_TRACE(testing::Message() << line[0] << "x" << line[1] << " to " << line[8] << "x" << line[7]);
    const Batch batch(line);
    EmulatedDevice on;
    const oct_tensor pixels = on.of_integers(OCT_U8, {static_cast<int64_t>(batch.bytes.size())}, batch.bytes);
    const oct_tensor offsets = on.of_integers(OCT_I64, {2}, batch.offsets), geometry = on.of_integers(OCT_I32, {2, 8}, batch.geometry);
    const oct_tensor y = on.empty(GetParam(), {2, line[7], line[8], 3}), again = on.empty(GetParam(), {2, line[7], line[8], 3});
    ASSERT_EQ(oct_transform_images(on.context(), &pixels, &offsets, &geometry, kMean, kDeviation, &y), OCT_OK) << oct_last_error();
    const std::vector<float> actual = on.read(y);
    size_t i = 0;
    for (size_t n = 0; n < 2; ++n) {
      for (int64_t p = 0; p < line[7]; ++p) {
        for (int64_t q = 0; q < line[8]; ++q) {
          const int64_t from = batch.lines[n][6] != 0 ? line[8] - 1 - q : q;
          for (int64_t c = 0; c < 3; ++c, ++i) {
            const double mean = static_cast<double>(kMean[c]), deviation = static_cast<double>(kDeviation[c]);
            const double value = batch.resized(n, p, from, c) / 255, expected = (value - mean) / deviation;
            // Weights are positive and sum to 1: each pass is off by a rounding a tap, and some for the weights, of the value.
            const double taps = static_cast<double>(2 * (batch.lines[n][4] / line[8] + batch.lines[n][5] / line[7]) + 6);
            const double tolerance = 0x1p-24 * ((taps + 12) * value + 2 * mean) / deviation + rounding(GetParam()) * std::fabs(expected);
            expect_near("y", i, expected, static_cast<double>(actual[i]), tolerance);
          }
        }
      }
    }
    ASSERT_EQ(oct_transform_images(on.context(), &pixels, &offsets, &geometry, kMean, kDeviation, &again), OCT_OK) << oct_last_error();
    EXPECT_EQ(on.read_bytes(y), on.read_bytes(again));
  }
}

INSTANTIATE_TEST_SUITE_P(Types, TransformImages, testing::Values(OCT_F32, OCT_BF16));

// What does not lie inside is reported when the context is synchronised, and nothing outside is read.
TEST(TransformImagesReport, ImagesAndCropsThatLieOutside) {
  struct Case {
    size_t at;  // of the second image's geometry; 8: its offset
    int64_t value;
    const char* text;
  };
  for (const Case& wrong : {Case{0, 10, "image 1"}, Case{1, 0, "image 1"}, Case{0, INT32_MAX, "image 1"}, Case{2, -1, "crop"},
                            Case{2, 5, "crop"}, Case{3, 3, "crop"}, Case{4, 0, "crop"}, Case{5, INT32_MAX, "crop"}, Case{8, -1, "image 1"},
                            Case{8, INT64_MAX, "image 1"}, Case{8, 62, "image 1"}}) {
    SCOPED_TRACE(testing::Message() << wrong.at << " = " << wrong.value);
    Batch batch({9, 8, 2, 1, 5, 6, 0, 9, 34});
    if (wrong.at == 8) {
      batch.offsets[1] = wrong.value;
    } else {
      batch.geometry[8 + wrong.at] = static_cast<int32_t>(wrong.value);
    }
    EmulatedDevice on;
    const oct_tensor pixels = on.of_integers(OCT_U8, {static_cast<int64_t>(batch.bytes.size())}, batch.bytes);
    const oct_tensor offsets = on.of_integers(OCT_I64, {2}, batch.offsets), geometry = on.of_integers(OCT_I32, {2, 8}, batch.geometry);
    const oct_tensor y = on.empty(OCT_F32, {2, 9, 34, 3});
    ASSERT_EQ(oct_transform_images(on.context(), &pixels, &offsets, &geometry, kMean, kDeviation, &y), OCT_OK) << oct_last_error();
    EXPECT_EQ(oct_context_synchronize(on.context()), OCT_INVALID_ARGUMENT);
    EXPECT_NE(std::string(oct_last_error()).find(wrong.text), std::string::npos) << oct_last_error();
    EXPECT_EQ(oct_context_synchronize(on.context()), OCT_OK) << oct_last_error();
  }
}

}  // namespace
