// 1x1 convolutions of one group: every variant of every pass against sums in double, with and without each fusion.
#include <algorithm>
#include <map>

#include "octothorpe/grouped_conv.h"
#include "support.h"

namespace oct::test {
namespace {

struct Layer {
  int64_t n, h, w, c, k, stride, padding;

  int64_t p() const { return (h + 2 * padding - 1) / stride + 1; }
  int64_t q() const { return (w + 2 * padding - 1) / stride + 1; }
  int64_t rows() const { return n * p() * q(); }
  oct_grouped_conv conv() const { return {1, stride, stride, padding, padding, 1, 1}; }

  /// Index of the pixel of x that output pixel `row` sees, or -1.
  int64_t pixel(int64_t row) const {
    const int64_t y = row / q() % p() * stride - padding, x = row % q() * stride - padding;
    return y < 0 || y >= h || x < 0 || x >= w ? -1 : (row / (p() * q()) * h + y) * w + x;
  }

  std::string text() const {
    std::ostringstream text;
    text << " [" << n << "," << h << "," << w << "," << c << "] K " << k << " stride " << stride << " padding " << padding;
    return text.str();
  }
};

/// What is fused into a forward pass.
struct Fusion {
  bool prologue, relu, bias, moments;
  float offset;  // about where y lies: |mean| >> deviation where it is large
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

float at(const std::vector<float>& values, int64_t index) { return values[static_cast<size_t>(index)]; }

class Conv1x1 : public ::testing::Test {
 protected:
  /// A sum of n products in F32, in any order, is off by at most (n + 1) 2^-24 of the sum of their magnitudes (Higham 2002, section 3.1;
  /// the 1 % covers the terms of second order). A BF16 result is then rounded, by at most 2^-8 of its value.
  static void check(const std::string& what, oct_dtype dtype, const Sums& expected, int64_t terms, const std::vector<float>& actual) {
    ASSERT_EQ(actual.size(), expected.value.size());
    for (size_t i = 0; i < actual.size() && !HasFailure(); ++i) {
      double tolerance = 1.01 * static_cast<double>(terms + 1) * 0x1p-24 * expected.magnitude[i] + static_cast<double>(terms) * 0x1p-126;
      if (dtype == OCT_BF16) tolerance += rounding(dtype) * (std::fabs(expected.value[i]) + tolerance);
      expect_near(what, i, expected.value[i], actual[i], tolerance);
    }
  }

  /// The moments are those of y as it is stored. Chains of sums are at most 128 long (32 rows of a thread, 4 quarters, a 32nd of the tiles,
  /// 32 parts), of distances from a value of the column; a tile's mean is rounded at the size of the mean, which the squares of distances
  /// see.
  static void check_moments(const std::string& what, const Layer& l, const std::vector<float>& y, const std::vector<float>& mean,
                            const std::vector<float>& variance) {
    for (int64_t k = 0; k < l.k && !HasFailure(); ++k) {
      double sum = 0, squares = 0, largest = 0;
      for (int64_t row = 0; row < l.rows(); ++row) sum += at(y, row * l.k + k);
      const double centre = sum / static_cast<double>(l.rows());
      for (int64_t row = 0; row < l.rows(); ++row) {
        const double distance = at(y, row * l.k + k) - centre;
        squares += distance * distance;
        largest = std::max(largest, std::fabs(distance));
      }
      const double spread = squares / static_cast<double>(l.rows()), deviation = std::sqrt(spread);
      const double rounded_mean = 4 * 0x1p-24 * std::fabs(centre);
      const size_t index = static_cast<size_t>(k);
      expect_near(what + " mean", index, centre, mean[index], rounded_mean + 128 * 0x1p-24 * 2 * largest);
      expect_near(what + " variance", index, spread, variance[index],
                  300 * 0x1p-24 * (spread + largest * deviation) + 4 * rounded_mean * deviation + 4 * rounded_mean * rounded_mean);
    }
  }

  std::vector<std::string> named(EmulatedDevice& device, const std::string& beginning) {
    std::vector<std::string> names;
    for (const char* pass : {"forward", "forward_fused", "backward_data", "backward_weight"}) {
      for (const std::string& name : device.variants("grouped_conv", pass)) {
        if (name.rfind(beginning, 0) == 0 && std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
      }
    }
    EXPECT_FALSE(names.empty()) << beginning;
    return names;
  }

  /// Whether the forced variant can run; sets the bytes that it needs.
  static bool able(EmulatedDevice& device, int32_t pass, const Layer& l, const oct_tensor& x, const oct_tensor& weight, const oct_tensor& y,
                   size_t* bytes) {
    const oct_grouped_conv conv = l.conv();
    const oct_status status = oct_grouped_conv_workspace(device.context(), pass, &conv, &x, &weight, &y, bytes);
    EXPECT_TRUE(status == OCT_OK || status == OCT_UNSUPPORTED) << oct_last_error();
    return status == OCT_OK;
  }

  void forward(const Layer& l, const Fusion& f, uint64_t seed) {
    EmulatedDevice device;
    const std::vector<float> x = rounded(OCT_BF16, random_values(l.n * l.h * l.w * l.c, seed));
    const std::vector<float> weight = rounded(OCT_BF16, random_values(l.k * l.c, seed + 1));
    const std::vector<float> scale = random_values(l.c, seed + 2, 2), shift = random_values(l.c, seed + 3);
    std::vector<float> bias = random_values(l.k, seed + 4);
    for (float& value : bias) value += f.offset;

    std::vector<float> input = x;
    if (f.prologue) {
      for (size_t i = 0; i < input.size(); ++i) {
        const size_t channel = i % static_cast<size_t>(l.c);
        input[i] = std::fma(input[i], scale[channel], shift[channel]);
        if (f.relu) input[i] = std::max(input[i], 0.0f);
      }
      input = rounded(OCT_BF16, input);
    }
    Sums expected(l.rows() * l.k);
    for (int64_t row = 0; row < l.rows(); ++row) {
      const int64_t pixel = l.pixel(row);
      for (int64_t k = 0; k < l.k; ++k) {
        for (int64_t c = 0; pixel >= 0 && c < l.c; ++c) {
          expected.add(row * l.k + k, static_cast<double>(at(input, pixel * l.c + c)) * at(weight, k * l.c + c));
        }
        if (f.bias) expected.add(row * l.k + k, at(bias, k));
      }
    }

    const oct_tensor xs = device.of(OCT_BF16, {l.n, l.h, l.w, l.c}, x), weights = device.of(OCT_BF16, {l.k, 1, 1, l.c}, weight);
    const oct_tensor biases = device.of(OCT_F32, {l.k}, bias), scales = device.of(OCT_F32, {l.c}, scale);
    const oct_tensor shifts = device.of(OCT_F32, {l.c}, shift);
    const oct_grouped_conv conv = l.conv();
    for (const std::string& variant : named(device, "conv_1x1_forward")) {
      ASSERT_EQ(oct_use_variant(device.context(), variant.c_str()), OCT_OK) << oct_last_error();
      std::vector<uint8_t> before;
      for (int repeat = 0; repeat < 2; ++repeat) {
        const oct_tensor y = device.empty(OCT_BF16, {l.n, l.p(), l.q(), l.k});
        const oct_tensor mean = device.empty(OCT_F32, {l.k}), variance = device.empty(OCT_F32, {l.k});
        size_t bytes = 0;
        if (!able(device, OCT_FORWARD_FUSED, l, xs, weights, y, &bytes)) break;
        const std::string what = variant + l.text() + (f.prologue ? f.relu ? " relu" : " scaled" : "");
        ASSERT_EQ(
            oct_grouped_conv_forward_fused(device.context(), &conv, &xs, f.prologue ? &scales : nullptr, f.prologue ? &shifts : nullptr,
                                           f.relu, &weights, f.bias ? &biases : nullptr, &y, f.moments ? &mean : nullptr,
                                           f.moments ? &variance : nullptr, device.workspace(bytes), bytes),
            OCT_OK)
            << what << ": " << oct_last_error();
        ASSERT_EQ(oct_context_synchronize(device.context()), OCT_OK) << what << ": " << oct_last_error();
        std::vector<uint8_t> bits = device.read_bytes(y);
        if (f.moments) {
          for (const oct_tensor& tensor : {mean, variance}) {
            const std::vector<uint8_t> more = device.read_bytes(tensor);
            bits.insert(bits.end(), more.begin(), more.end());
          }
        }
        if (repeat == 0) {
          check(what, OCT_BF16, expected, l.c + 1, device.read(y));
          if (f.moments) check_moments(what, l, device.read(y), device.read(mean), device.read(variance));
          before = bits;
          ++runs_[variant];
        } else {
          EXPECT_EQ(bits, before) << what << ": two runs differ";
        }
        if (HasFailure()) return;
      }
    }
  }

  void backward(const Layer& l, uint64_t seed) {
    EmulatedDevice device;
    const std::vector<float> x = rounded(OCT_BF16, random_values(l.n * l.h * l.w * l.c, seed));
    const std::vector<float> weight = rounded(OCT_BF16, random_values(l.k * l.c, seed + 1));
    const std::vector<float> dy = rounded(OCT_BF16, random_values(l.rows() * l.k, seed + 2));
    Sums dx(l.n * l.h * l.w * l.c), dweight(l.k * l.c), dbias(l.k);
    for (int64_t row = 0; row < l.rows(); ++row) {
      const int64_t pixel = l.pixel(row);
      for (int64_t k = 0; k < l.k; ++k) {
        const double gradient = at(dy, row * l.k + k);
        dbias.add(k, gradient);
        for (int64_t c = 0; pixel >= 0 && c < l.c; ++c) {
          dx.add(pixel * l.c + c, gradient * at(weight, k * l.c + c));
          dweight.add(k * l.c + c, gradient * at(x, pixel * l.c + c));
        }
      }
    }
    const oct_tensor xs = device.of(OCT_BF16, {l.n, l.h, l.w, l.c}, x), weights = device.of(OCT_BF16, {l.k, 1, 1, l.c}, weight);
    const oct_tensor dys = device.of(OCT_BF16, {l.n, l.p(), l.q(), l.k}, dy);
    const oct_grouped_conv conv = l.conv();
    size_t bytes = 0;
    for (const std::string& variant : named(device, "conv_1x1_backward_data")) {
      ASSERT_EQ(oct_use_variant(device.context(), variant.c_str()), OCT_OK) << oct_last_error();
      const oct_tensor dxs = device.empty(OCT_BF16, {l.n, l.h, l.w, l.c});
      if (!able(device, OCT_BACKWARD_DATA, l, dxs, weights, dys, &bytes)) continue;
      std::vector<uint8_t> before;
      for (int repeat = 0; repeat < 2; ++repeat) {
        ASSERT_EQ(oct_grouped_conv_backward_data(device.context(), &conv, &dys, &weights, &dxs, device.workspace(bytes), bytes), OCT_OK)
            << variant << l.text() << ": " << oct_last_error();
        ASSERT_EQ(oct_context_synchronize(device.context()), OCT_OK) << variant << l.text() << ": " << oct_last_error();
        if (repeat == 1) {
          EXPECT_EQ(device.read_bytes(dxs), before) << variant << l.text() << ": two runs differ";
        }
        before = device.read_bytes(dxs);
      }
      check(variant + l.text(), OCT_BF16, dx, l.k, device.read(dxs));
      ++runs_[variant];
    }
    for (const std::string& variant : named(device, "conv_1x1_backward_weight")) {
      ASSERT_EQ(oct_use_variant(device.context(), variant.c_str()), OCT_OK) << oct_last_error();
      const oct_tensor dweights = device.empty(OCT_F32, {l.k, 1, 1, l.c}), dbiases = device.empty(OCT_F32, {l.k});
      if (!able(device, OCT_BACKWARD_WEIGHT, l, xs, dweights, dys, &bytes)) continue;
      std::vector<uint8_t> before;
      for (int repeat = 0; repeat < 2; ++repeat) {
        ASSERT_EQ(oct_grouped_conv_backward_weight(device.context(), &conv, &xs, &dys, &dweights, repeat == 0 ? &dbiases : nullptr,
                                                   device.workspace(bytes), bytes),
                  OCT_OK)
            << variant << l.text() << ": " << oct_last_error();
        ASSERT_EQ(oct_context_synchronize(device.context()), OCT_OK) << variant << l.text() << ": " << oct_last_error();
        if (repeat == 1) {
          EXPECT_EQ(device.read_bytes(dweights), before) << variant << l.text() << ": two runs differ";
        }
        before = device.read_bytes(dweights);
      }
      check(variant + l.text() + " dweight", OCT_F32, dweight, l.rows(), device.read(dweights));
      check(variant + l.text() + " dbias", OCT_F32, dbias, l.rows(), device.read(dbiases));
      ++runs_[variant];
    }
  }

  std::map<std::string, int> runs_;
};

/// The 1x1 lines of one group of both files.
std::vector<Layer> file_layers() {
  std::vector<Layer> layers;
  for (const std::vector<int64_t>& v : shapes("dense_conv", "test")) {
    if (v[5] == 1 && v[6] == 1) layers.push_back({v[0], v[1], v[2], v[3], v[4], v[7], v[8]});
  }
  for (const std::vector<int64_t>& v : shapes("grouped_conv", "test")) {
    if (v[5] == 1 && v[6] == 1 && v[7] == 1 && v[8] == v[9]) layers.push_back({v[0], v[1], v[2], v[3], v[4], v[8], v[10]});
  }
  return layers;
}

TEST_F(Conv1x1, shapesOfTheFiles) {
  for (const Layer& layer : file_layers()) {
    forward(layer, {true, true, true, true, 0}, 1);
    backward(layer, 2);
    if (HasFailure()) return;
  }
  EXPECT_GE(runs_.size(), 3u);
}

/// Each fusion alone, on several tiles with tails in rows, columns and depth.
TEST_F(Conv1x1, fusions) {
  const Layer layer{3, 9, 11, 40, 136, 1, 0}, deep{1, 12, 12, 168, 72, 1, 0};
  forward(layer, {false, false, false, false, 0}, 1);
  forward(layer, {false, false, true, false, 0}, 2);
  forward(layer, {true, false, false, false, 0}, 3);
  forward(layer, {true, true, false, false, 0}, 4);
  forward(layer, {false, false, false, true, 0}, 5);
  forward(layer, {false, false, true, true, 1000}, 6);
  forward(deep, {true, true, true, true, -50}, 7);
  backward(deep, 8);
}

TEST_F(Conv1x1, stridesAndPadding) {
  for (const Layer& layer : {Layer{2, 9, 10, 24, 32, 2, 0}, Layer{2, 5, 7, 16, 40, 1, 1}, Layer{1, 11, 8, 32, 16, 3, 2}}) {
    forward(layer, {true, true, true, true, 0}, 9);
    backward(layer, 10);
    if (HasFailure()) return;
  }
}

TEST_F(Conv1x1, randomShapes) {
  const uint64_t seed = std::random_device{}() % 1000000;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const auto pick = [&](int64_t least, int64_t most) { return std::uniform_int_distribution<int64_t>(least, most)(random); };
  for (int i = 0; i < 5; ++i) {
    const Layer layer{pick(1, 4), pick(1, 10), pick(1, 10), 8 * pick(1, 16), 8 * pick(1, 20), pick(1, 2), pick(0, 4) == 0 ? 1 : 0};
    forward(layer, {pick(0, 1) == 0, pick(0, 1) == 0, pick(0, 1) == 0, pick(0, 1) == 0, 0}, seed);
    backward(layer, seed);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace oct::test
