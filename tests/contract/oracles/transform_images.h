// Oracle of transform_images: the formula of the documentation, in double precision.
#pragma once
#include <algorithm>

#include "../support/expect.h"

namespace oct::test {

/// Several images of one output shape: one behind the other with a gap of a byte, so that rows begin anywhere. An image is a line of
/// tests/shapes/transform_images.txt: width height crop_x crop_y crop_width crop_height mirror H W.
struct ImageBatch {
  std::vector<std::vector<int64_t>> images;
  std::vector<uint8_t> bytes;
  std::vector<int64_t> offsets;
  std::vector<int32_t> geometry;
  int64_t height, width;

  explicit ImageBatch(const std::vector<std::vector<int64_t>>& lines) : images(lines), height(lines[0][7]), width(lines[0][8]) {
    std::mt19937 random(5);
    for (const std::vector<int64_t>& line : images) {
      bytes.push_back(255);
      offsets.push_back(static_cast<int64_t>(bytes.size()));
      for (int64_t i = 0; i < 3 * line[0] * line[1]; ++i) bytes.push_back(random() % 2 == 0 ? 255 : static_cast<uint8_t>(random()));
      for (size_t i = 0; i < 7; ++i) geometry.push_back(static_cast<int32_t>(line[i]));
      geometry.push_back(0);
    }
  }
  int64_t count() const { return static_cast<int64_t>(images.size()); }
  std::vector<int64_t> y() const { return {count(), height, width, 3}; }

  /// Weight of input x for output i of one axis.
  static double triangle(int64_t x, int64_t i, int64_t inputs, int64_t outputs) {
    const double step = static_cast<double>(inputs) / static_cast<double>(outputs), reach = std::max(step, 1.0);
    return std::max(0.0, 1 - std::fabs(static_cast<double>(x) + 0.5 - (static_cast<double>(i) + 0.5) * step) / reach);
  }

  /// The resized value of 255 at row p, column q (before mirroring), channel c.
  double resized(size_t image, int64_t p, int64_t q, int64_t c) const {
    const std::vector<int64_t>& g = images[image];
    double sum = 0, weights = 0;
    for (int64_t v = 0; v < g[5]; ++v) {
      const double down = triangle(v, p, g[5], height);
      for (int64_t u = 0; down > 0 && u < g[4]; ++u) {
        const double weight = down * triangle(u, q, g[4], width);
        weights += weight;
        sum += weight * bytes[static_cast<size_t>(offsets[image] + ((g[3] + v) * g[0] + g[2] + u) * 3 + c)];
      }
    }
    return sum / weights;
  }

  void expect_transformed(oct_dtype dtype, const float* mean, const float* deviation, const std::vector<float>& actual) const {
    size_t i = 0;
    for (size_t n = 0; n < images.size(); ++n)
      for (int64_t p = 0; p < height; ++p)
        for (int64_t q = 0; q < width; ++q)
          for (int64_t c = 0; c < 3; ++c, ++i) {
            const auto m = static_cast<double>(mean[c]), d = static_cast<double>(deviation[c]);
            const double value = resized(n, p, images[n][6] != 0 ? width - 1 - q : q, c) / 255, expected = (value - m) / d;
            // Weights are positive and sum to 1: each pass is off by one rounding per tap, and some for the weights, of the value.
            const auto taps = static_cast<double>(2 * (images[n][4] / width + images[n][5] / height) + 6);
            const double tolerance = kUnit * ((taps + 12) * value + 2 * m) / d + rounding(dtype) * std::fabs(expected);
            expect_near("y", i, expected, static_cast<double>(actual[i]), tolerance);
          }
  }
};

}  // namespace oct::test
