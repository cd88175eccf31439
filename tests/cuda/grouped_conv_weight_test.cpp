// The weight gradient of grouped convolutions: every variant against sums in double.
#include <map>

#include "octothorpe/grouped_conv.h"
#include "support.h"

namespace oct::test {
namespace {

struct Layer {
  int64_t n, h, w, c, k, groups, r, s;
  oct_grouped_conv conv;

  /// A line of tests/shapes/grouped_conv.txt.
  static Layer of(const std::vector<int64_t>& v) {
    return {v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], {v[5], v[8], v[9], v[10], v[11], v[12], v[13]}};
  }

  static Layer square(int64_t n, int64_t h, int64_t w, int64_t c, int64_t k, int64_t groups, int64_t stride, int64_t padding) {
    return {n, h, w, c, k, groups, 3, 3, {groups, stride, stride, padding, padding, 1, 1}};
  }

  int64_t p() const { return (h + 2 * conv.padding_h - conv.dilation_h * (r - 1) - 1) / conv.stride_h + 1; }
  int64_t q() const { return (w + 2 * conv.padding_w - conv.dilation_w * (s - 1) - 1) / conv.stride_w + 1; }

  std::string text() const {
    std::ostringstream text;
    text << "[" << n << "," << h << "," << w << "," << c << "] K " << k << " G " << groups << " " << r << "x" << s << " stride "
         << conv.stride_h << "," << conv.stride_w << " padding " << conv.padding_h << "," << conv.padding_w << " dilation "
         << conv.dilation_h << "," << conv.dilation_w;
    return text.str();
  }
};

/// Sums in double, and the sums of their terms' magnitudes.
struct Sums {
  std::vector<double> value, magnitude;
  explicit Sums(int64_t count) : value(static_cast<size_t>(count)), magnitude(static_cast<size_t>(count)) {}
  void add(int64_t at, double term) {
    value[static_cast<size_t>(at)] += term;
    magnitude[static_cast<size_t>(at)] += std::fabs(term);
  }
};

Sums weight_gradient(const Layer& l, const std::vector<float>& x, const std::vector<float>& dy) {
  const int64_t channels = l.c / l.groups, filters = l.k / l.groups;
  Sums sums(l.k * l.r * l.s * channels);
  for (int64_t n = 0; n < l.n; ++n) {
    for (int64_t p = 0; p < l.p(); ++p) {
      for (int64_t q = 0; q < l.q(); ++q) {
        for (int64_t r = 0; r < l.r; ++r) {
          const int64_t row = p * l.conv.stride_h - l.conv.padding_h + r * l.conv.dilation_h;
          if (row < 0 || row >= l.h) continue;
          for (int64_t s = 0; s < l.s; ++s) {
            const int64_t column = q * l.conv.stride_w - l.conv.padding_w + s * l.conv.dilation_w;
            if (column < 0 || column >= l.w) continue;
            for (int64_t k = 0; k < l.k; ++k) {
              const double g = dy[static_cast<size_t>(((n * l.p() + p) * l.q() + q) * l.k + k)];
              const float* pixel = &x[static_cast<size_t>(((n * l.h + row) * l.w + column) * l.c + k / filters * channels)];
              for (int64_t c = 0; c < channels; ++c) sums.add(((k * l.r + r) * l.s + s) * channels + c, g * pixel[c]);
            }
          }
        }
      }
    }
  }
  return sums;
}

Sums bias_gradient(const Layer& l, const std::vector<float>& dy) {
  Sums sums(l.k);
  for (size_t i = 0; i < dy.size(); ++i) sums.add(static_cast<int64_t>(i) % l.k, dy[i]);
  return sums;
}

/// A sum of n products in F32, in any order, is off by at most (n + 1) 2^-24 of the sum of their magnitudes (Higham 2002, section 3.1; the
/// 1 % covers the terms of second order).
void check(const std::string& what, const Sums& expected, int64_t terms, const std::vector<float>& actual) {
  ASSERT_EQ(actual.size(), expected.value.size());
  for (size_t i = 0; i < actual.size() && !::testing::Test::HasFailure(); ++i) {
    expect_near(what, i, expected.value[i], actual[i],
                1.01 * static_cast<double>(terms + 1) * 0x1p-24 * expected.magnitude[i] + static_cast<double>(terms) * 0x1p-126);
  }
}

/// Runs every variant that can, or all but the one for every shape; counts the runs of each.
class GroupedConvWeight : public ::testing::Test {
 protected:
  void run(const Layer& layer, oct_dtype dtype, uint64_t seed, bool tuned = false) {
    EmulatedDevice device;
    const std::vector<float> x = rounded(dtype, random_values(layer.n * layer.h * layer.w * layer.c, seed));
    const std::vector<float> dy = rounded(dtype, random_values(layer.n * layer.p() * layer.q() * layer.k, seed + 1));
    const oct_tensor xs = device.of(dtype, {layer.n, layer.h, layer.w, layer.c}, x);
    const oct_tensor dys = device.of(dtype, {layer.n, layer.p(), layer.q(), layer.k}, dy);
    const Sums expected = weight_gradient(layer, x, dy), expected_bias = bias_gradient(layer, dy);
    for (const std::string& variant : device.variants("grouped_conv", "backward_weight")) {
      if (tuned && variant == "grouped_conv_backward_weight_direct") continue;
      ASSERT_EQ(oct_use_variant(device.context(), variant.c_str()), OCT_OK) << oct_last_error();
      const oct_tensor dweight = device.empty(OCT_F32, {layer.k, layer.r, layer.s, layer.c / layer.groups});
      const oct_tensor dbias = device.empty(OCT_F32, {layer.k});
      size_t bytes = 0;
      const oct_status able = oct_grouped_conv_workspace(device.context(), OCT_BACKWARD_WEIGHT, &layer.conv, &xs, &dweight, &dys, &bytes);
      if (able == OCT_UNSUPPORTED) continue;
      ASSERT_EQ(able, OCT_OK) << oct_last_error();
      const std::string what = variant + (dtype == OCT_F32 ? " f32 " : " bf16 ") + layer.text();
      std::vector<uint8_t> before;
      for (int repeat = 0; repeat < 2; ++repeat) {
        void* workspace = device.workspace(bytes);
        ASSERT_EQ(oct_grouped_conv_backward_weight(device.context(), &layer.conv, &xs, &dys, &dweight, repeat == 0 ? &dbias : nullptr,
                                                   workspace, bytes),
                  OCT_OK)
            << what << ": " << oct_last_error();
        ASSERT_EQ(oct_context_synchronize(device.context()), OCT_OK) << what << ": " << oct_last_error();
        const std::vector<uint8_t> bits = device.read_bytes(dweight);
        if (repeat == 0) {
          check(what + " dweight", expected, layer.n * layer.p() * layer.q(), device.read(dweight));
          check(what + " dbias", expected_bias, layer.n * layer.p() * layer.q(), device.read(dbias));
          before = bits;
        } else {
          EXPECT_EQ(bits, before) << what << ": two runs differ";
        }
      }
      ++runs_[variant];
      if (HasFailure()) return;
    }
  }

  std::map<std::string, int> runs_;
};

TEST_F(GroupedConvWeight, shapesOfTheFile) {
  for (const std::vector<int64_t>& line : shapes("grouped_conv", "test")) {
    const Layer layer = Layer::of(line);
    run(layer, OCT_F32, 1);
    run(layer, OCT_BF16, 2);
    if (HasFailure()) return;
  }
  EXPECT_EQ(runs_.size(), 4u);
}

/// Every width of group that has a kernel of its own, with several splits, whole and partial blocks of channels, both strides.
TEST_F(GroupedConvWeight, groupsOfEveryWidth) {
  for (const Layer& layer :
       {Layer::square(5, 7, 7, 64, 64, 64, 1, 1), Layer::square(3, 9, 8, 72, 72, 36, 2, 1), Layer::square(2, 14, 14, 64, 64, 16, 1, 1),
        Layer::square(9, 7, 6, 72, 72, 18, 2, 1), Layer::square(2, 9, 14, 72, 72, 9, 1, 1), Layer::square(9, 8, 8, 64, 64, 8, 2, 1),
        Layer::square(5, 7, 7, 80, 80, 5, 1, 1), Layer::square(2, 14, 13, 48, 48, 3, 2, 1), Layer::square(5, 7, 7, 160, 160, 5, 1, 1),
        Layer::square(9, 8, 8, 64, 64, 2, 2, 1), Layer::square(4, 7, 7, 144, 144, 3, 1, 1), Layer::square(2, 9, 8, 96, 96, 2, 2, 1),
        Layer::square(4, 7, 7, 64, 128, 1, 1, 1), Layer::square(2, 8, 8, 128, 64, 2, 2, 1), Layer::square(2, 6, 7, 96, 192, 2, 2, 1),
        Layer::square(2, 5, 5, 40, 72, 1, 1, 1), Layer::square(2, 6, 6, 64, 64, 8, 1, 0), Layer::square(2, 5, 6, 64, 64, 8, 1, 2),
        Layer::square(2, 5, 6, 64, 64, 2, 1, 4), Layer::square(2, 7, 6, 64, 64, 2, 2, 3),
        // Rows so long that x is several stages ahead of dy.
        Layer::square(1, 3, 41, 64, 64, 2, 1, 1), Layer::square(1, 5, 70, 64, 64, 2, 2, 1), Layer::square(1, 5, 70, 64, 64, 16, 2, 1)}) {
    run(layer, OCT_BF16, 3, true);
    if (HasFailure()) return;
  }
  EXPECT_EQ(runs_.size(), 2u);
}

TEST_F(GroupedConvWeight, randomShapes) {
  std::mt19937_64 random(std::random_device{}());
  const uint64_t seed = random() % 1000000;
  RecordProperty("seed", std::to_string(seed));
  random.seed(seed);
  const auto pick = [&](int64_t least, int64_t most) { return std::uniform_int_distribution<int64_t>(least, most)(random); };
  for (int i = 0; i < 12; ++i) {
    const int64_t width = std::vector<int64_t>{1, 2, 3, 4, 8, 16, 32, 48, 24}[static_cast<size_t>(pick(0, 8))];
    const int64_t groups = pick(1, 64 / width + 1);
    const int64_t filters = pick(0, 3) == 0 ? pick(1, 40) : width;
    Layer layer = Layer::square(pick(1, 4), pick(3, 12), pick(3, 12), groups * width, groups * filters, groups, pick(1, 2), pick(0, 2));
    layer.conv.stride_w = pick(1, 2);
    layer.conv.padding_w = pick(0, 2);
    SCOPED_TRACE("seed " + std::to_string(seed));
    run(layer, pick(0, 3) == 0 ? OCT_F32 : OCT_BF16, seed + static_cast<uint64_t>(i));
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace oct::test
