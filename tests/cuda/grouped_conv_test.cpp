// Grouped convolutions, forward, forward_fused and backward_data: every variant against sums in double.
#include "octothorpe/grouped_conv.h"

#include <algorithm>
#include <map>

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

  static Layer square(int64_t n, int64_t h, int64_t w, int64_t c, int64_t k, int64_t groups, int64_t stride) {
    return {n, h, w, c, k, groups, 3, 3, {groups, stride, stride, 1, 1, 1, 1}};
  }

  int64_t p() const { return (h + 2 * conv.padding_h - conv.dilation_h * (r - 1) - 1) / conv.stride_h + 1; }
  int64_t q() const { return (w + 2 * conv.padding_w - conv.dilation_w * (s - 1) - 1) / conv.stride_w + 1; }
  int64_t inputs() const { return n * h * w * c; }
  int64_t outputs() const { return n * p() * q() * k; }
  int64_t weights() const { return k * r * s * (c / groups); }

  std::string text() const {
    std::ostringstream text;
    text << "[" << n << "," << h << "," << w << "," << c << "] K " << k << " G " << groups << " " << r << "x" << s << " stride "
         << conv.stride_h << "," << conv.stride_w << " padding " << conv.padding_h << "," << conv.padding_w << " dilation "
         << conv.dilation_h << "," << conv.dilation_w;
    return text.str();
  }
};

/// Sums in double, the sums of their terms' magnitudes, and their numbers of terms.
struct Sums {
  std::vector<double> value, magnitude;
  std::vector<int> terms;
  explicit Sums(int64_t count) : value(static_cast<size_t>(count)), magnitude(value.size()), terms(value.size()) {}
  void add(size_t at, double term) {
    value[at] += term;
    magnitude[at] += std::fabs(term);
    ++terms[at];
  }
};

/// Calls body(index of x, of weight, of y) for every product of the convolution.
template <class Body>
void each_product(const Layer& l, Body&& body) {
  const int64_t channels = l.c / l.groups, filters = l.k / l.groups;
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
              const size_t y = static_cast<size_t>(((n * l.p() + p) * l.q() + q) * l.k + k);
              const size_t x = static_cast<size_t>(((n * l.h + row) * l.w + column) * l.c + k / filters * channels);
              const size_t w = static_cast<size_t>(((k * l.r + r) * l.s + s) * channels);
              for (size_t c = 0; c < static_cast<size_t>(channels); ++c) body(x + c, w + c, y);
            }
          }
        }
      }
    }
  }
}

Sums forward(const Layer& l, const std::vector<float>& x, const std::vector<float>& weight, const std::vector<float>& bias) {
  Sums sums(l.outputs());
  for (size_t i = 0; i < sums.value.size(); ++i) sums.add(i, bias[i % static_cast<size_t>(l.k)]);
  each_product(l, [&](size_t ix, size_t iw, size_t iy) { sums.add(iy, static_cast<double>(x[ix]) * weight[iw]); });
  return sums;
}

Sums backward_data(const Layer& l, const std::vector<float>& dy, const std::vector<float>& weight) {
  Sums sums(l.inputs());
  each_product(l, [&](size_t ix, size_t iw, size_t iy) { sums.add(ix, static_cast<double>(dy[iy]) * weight[iw]); });
  return sums;
}

/// A sum of n products in F32, in any order, is off by at most (n + 1) 2^-24 of the sum of their magnitudes (Higham 2002, section 3.1; the
/// 1 % covers the terms of second order); denormal products may count as 0. A BF16 result is then rounded by at most 2^-8 of its value.
void check(const std::string& what, oct_dtype dtype, const Sums& expected, const std::vector<float>& actual) {
  ASSERT_EQ(actual.size(), expected.value.size());
  for (size_t i = 0; i < actual.size() && !::testing::Test::HasFailure(); ++i) {
    const double n = expected.terms[i];
    double tolerance = 1.01 * (n + 1) * 0x1p-24 * expected.magnitude[i] + n * 0x1p-126;
    if (dtype == OCT_BF16) tolerance += 0x1p-8 * (std::fabs(expected.value[i]) + tolerance);
    expect_near(what, i, expected.value[i], actual[i], tolerance);
  }
}

/// Moments of y as it was stored. Sums of n squares of distances from some value of the channel are off by at most (n + 8) 2^-24 of n
/// range^2, so the variance by that of range^2; the mean by as much of the range, and it is rounded itself.
void check_moments(const std::string& what, const Layer& l, const std::vector<float>& y, const std::vector<float>& mean,
                   const std::vector<float>& variance) {
  const size_t pixels = y.size() / static_cast<size_t>(l.k), channels = static_cast<size_t>(l.k);
  for (size_t k = 0; k < channels && !::testing::Test::HasFailure(); ++k) {
    double sum = 0, squares = 0, least = y[k], most = y[k];
    for (size_t i = 0; i < pixels; ++i) {
      const double value = y[i * channels + k];
      sum += value;
      least = std::min(least, value);
      most = std::max(most, value);
    }
    const double centre = sum / static_cast<double>(pixels), range = most - least;
    for (size_t i = 0; i < pixels; ++i) squares += (y[i * channels + k] - centre) * (y[i * channels + k] - centre);
    const double rounding = (static_cast<double>(pixels) + 8) * 0x1p-24;
    expect_near(what + " mean", k, centre, mean[k], 0x1p-24 * std::fabs(centre) + rounding * range + 0x1p-149);
    expect_near(what + " variance", k, squares / static_cast<double>(pixels), variance[k], rounding * range * range + 0x1p-149);
  }
}

enum class Pass { forward, fused, backward_data };

/// Runs every variant that can, or all but the one for every shape; counts the runs of each.
class GroupedConv : public ::testing::Test {
 protected:
  /// x at a large offset from 0 makes |mean| of y far larger than its deviation.
  struct Fused {
    bool prologue = true, relu = true, moments = true;
    float bias = 0;
  };

  void forward_and_backward(const Layer& layer, oct_dtype dtype, uint64_t seed, bool tuned = false) {
    run(Pass::forward, layer, dtype, seed, tuned, {});
    run(Pass::backward_data, layer, dtype, seed, tuned, {});
  }

  void run(Pass pass, const Layer& layer, oct_dtype dtype, uint64_t seed, bool tuned, const Fused& fused) {
    if (HasFailure()) return;
    EmulatedDevice device;
    const bool backward = pass == Pass::backward_data;
    std::vector<float> x = rounded(dtype, random_values(layer.inputs(), seed));
    const std::vector<float> weight = rounded(dtype, random_values(layer.weights(), seed + 1));
    const std::vector<float> dy = rounded(dtype, random_values(layer.outputs(), seed + 2));
    std::vector<float> bias = random_values(layer.k, seed + 3);
    for (float& value : bias) value += fused.bias;
    const std::vector<float> scale = random_values(layer.c, seed + 4, 2), shift = random_values(layer.c, seed + 5);
    const oct_tensor ws = device.of(dtype, {layer.k, layer.r, layer.s, layer.c / layer.groups}, weight);
    const oct_tensor xs = device.of(dtype, {layer.n, layer.h, layer.w, layer.c}, x);
    const oct_tensor dys = device.of(dtype, {layer.n, layer.p(), layer.q(), layer.k}, dy);
    const oct_tensor biases = device.of(OCT_F32, {layer.k}, bias), scales = device.of(OCT_F32, {layer.c}, scale),
                     shifts = device.of(OCT_F32, {layer.c}, shift);
    const oct_tensor mean = device.empty(OCT_F32, {layer.k}), variance = device.empty(OCT_F32, {layer.k});
    if (pass == Pass::fused && fused.prologue) {
      for (size_t i = 0; i < x.size(); ++i) {
        const size_t c = i % static_cast<size_t>(layer.c);
        x[i] = std::fmaf(x[i], scale[c], shift[c]);
        if (fused.relu) x[i] = std::max(x[i], 0.0f);
      }
      x = rounded(dtype, x);
    }
    const Sums expected = backward ? backward_data(layer, dy, weight) : forward(layer, x, weight, bias);
    const char* pass_name = backward ? "backward_data" : pass == Pass::fused ? "forward_fused" : "forward";
    const int32_t pass_number = backward ? OCT_BACKWARD_DATA : pass == Pass::fused ? OCT_FORWARD_FUSED : OCT_FORWARD;
    for (const std::string& variant : device.variants("grouped_conv", pass_name)) {
      if (tuned && variant.find("direct") != std::string::npos) continue;
      ASSERT_EQ(oct_use_variant(device.context(), variant.c_str()), OCT_OK) << oct_last_error();
      size_t bytes = 0;
      const oct_status able = oct_grouped_conv_workspace(device.context(), pass_number, &layer.conv, &xs, &ws, &dys, &bytes);
      if (able == OCT_UNSUPPORTED) continue;
      ASSERT_EQ(able, OCT_OK) << oct_last_error();
      const std::string what = variant + " " + pass_name + (dtype == OCT_F32 ? " f32 " : " bf16 ") + layer.text();
      std::vector<std::vector<uint8_t>> before;
      for (int repeat = 0; repeat < 2; ++repeat) {
        const oct_tensor out = backward ? device.empty(dtype, {layer.n, layer.h, layer.w, layer.c})
                                        : device.empty(dtype, {layer.n, layer.p(), layer.q(), layer.k});
        void* workspace = device.workspace(bytes);
        oct_status status = OCT_OK;
        if (backward) {
          status = oct_grouped_conv_backward_data(device.context(), &layer.conv, &dys, &ws, &out, workspace, bytes);
        } else if (pass == Pass::forward) {
          status = oct_grouped_conv_forward(device.context(), &layer.conv, &xs, &ws, &biases, &out, workspace, bytes);
        } else {
          status = oct_grouped_conv_forward_fused(device.context(), &layer.conv, &xs, fused.prologue ? &scales : nullptr,
                                                  fused.prologue ? &shifts : nullptr, fused.relu ? 1 : 0, &ws, &biases, &out,
                                                  fused.moments ? &mean : nullptr, fused.moments ? &variance : nullptr, workspace, bytes);
        }
        ASSERT_EQ(status, OCT_OK) << what << ": " << oct_last_error();
        ASSERT_EQ(oct_context_synchronize(device.context()), OCT_OK) << what << ": " << oct_last_error();
        std::vector<std::vector<uint8_t>> bits{device.read_bytes(out)};
        const bool moments = pass == Pass::fused && fused.moments;
        if (moments) {
          bits.push_back(device.read_bytes(mean));
          bits.push_back(device.read_bytes(variance));
        }
        if (repeat == 0) {
          const std::vector<float> result = device.read(out);
          check(what, dtype, expected, result);
          if (moments) check_moments(what, layer, result, device.read(mean), device.read(variance));
          before = bits;
        } else {
          EXPECT_EQ(bits, before) << what << ": two runs differ";
        }
        if (HasFailure()) return;
        if (tuned || dtype == OCT_F32) break;
      }
      ++runs_[variant];
    }
  }

  std::map<std::string, int> runs_;
};

TEST_F(GroupedConv, shapesOfTheFile) {
  int lines = 0;
  for (const std::vector<int64_t>& line : shapes("grouped_conv", "test")) {
    const Layer layer = Layer::of(line);
    forward_and_backward(layer, OCT_F32, 1);
    forward_and_backward(layer, OCT_BF16, 2);
    if (lines++ % 3 == 0) run(Pass::fused, layer, OCT_F32, 3, false, {true, true, true});
    run(Pass::fused, layer, OCT_BF16, 4, false, {true, true, true});
    if (HasFailure()) return;
  }
}

TEST_F(GroupedConv, randomShapes) {
  std::mt19937_64 random(std::random_device{}());
  const uint64_t seed = random() % 1000000;
  RecordProperty("seed", std::to_string(seed));
  SCOPED_TRACE("seed " + std::to_string(seed));
  random.seed(seed);
  const auto pick = [&](int64_t least, int64_t most) { return std::uniform_int_distribution<int64_t>(least, most)(random); };
  for (int i = 0; i < 12 && !HasFailure(); ++i) {
    const int64_t width = std::vector<int64_t>{1, 2, 3, 4, 8, 16, 32, 48, 64}[static_cast<size_t>(pick(0, 8))];
    const int64_t groups = std::max<int64_t>(1, pick(1, 64 / width + 1));
    const int64_t filters = pick(0, 3) == 0 ? pick(1, 40) : width, stride = pick(1, 2);
    Layer layer = Layer::square(pick(1, 4), pick(3, 12), pick(3, 20), groups * width, groups * filters, groups, stride);
    if (pick(0, 2) == 0) {
      layer.r = pick(1, 3);
      layer.s = pick(1, 3);
      layer.conv = {groups, pick(1, 3), pick(1, 3), pick(0, 3), pick(0, 3), pick(1, 2), pick(1, 2)};
      if (layer.h + 2 * layer.conv.padding_h < layer.conv.dilation_h * (layer.r - 1) + 1) continue;
      if (layer.w + 2 * layer.conv.padding_w < layer.conv.dilation_w * (layer.s - 1) + 1) continue;
    }
    const oct_dtype dtype = pick(0, 3) == 0 ? OCT_F32 : OCT_BF16;
    forward_and_backward(layer, dtype, seed + static_cast<uint64_t>(i));
    run(Pass::fused, layer, dtype, seed + static_cast<uint64_t>(i), false, {});
  }
}

TEST_F(GroupedConv, eachPartOfTheFusionAlone) {
  for (const Layer& layer :
       {Layer::square(2, 7, 6, 64, 64, 16, 1), Layer::square(2, 8, 7, 64, 64, 2, 2), Layer::square(2, 6, 7, 15, 15, 5, 1)}) {
    for (const Fused& fused : {Fused{false, false, true}, Fused{true, false, false}, Fused{true, false, true}, Fused{false, true, false}}) {
      run(Pass::fused, layer, OCT_BF16, 5, false, fused);
    }
    run(Pass::fused, layer, OCT_F32, 6, false, {true, false, true});
  }
}

/// Few channels a group: every width of group, whole and partial slabs of channels, one and several tiles of columns, odd and even sides.
TEST_F(GroupedConv, packedGroups) {
  for (const Layer& layer :
       {Layer::square(3, 7, 7, 40, 40, 40, 1), Layer::square(2, 5, 9, 72, 72, 36, 2), Layer::square(2, 14, 13, 64, 64, 16, 1),
        Layer::square(9, 7, 6, 72, 72, 18, 2), Layer::square(2, 9, 14, 72, 72, 9, 1), Layer::square(1, 8, 8, 8, 8, 1, 2),
        Layer::square(5, 7, 7, 80, 80, 5, 1), Layer::square(2, 15, 17, 48, 48, 3, 2), Layer::square(1, 5, 70, 24, 24, 6, 1),
        Layer::square(1, 4, 133, 16, 16, 2, 2), Layer::square(1, 3, 130, 32, 32, 2, 2), Layer::square(1, 1, 1, 32, 32, 2, 2),
        Layer::square(20, 2, 3, 256, 256, 32, 1), Layer::square(1, 56, 56, 32, 32, 8, 1)}) {
    forward_and_backward(layer, OCT_BF16, 9, true);
    run(Pass::fused, layer, OCT_BF16, 10, true, {});
    if (HasFailure()) return;
  }
  EXPECT_EQ(runs_["grouped_conv_forward_packed_groups"], 28);
  EXPECT_EQ(runs_["grouped_conv_backward_data_packed_groups"], 14);
}

/// Many channels a group: tiles of several groups and groups of several tiles, tiles and positions that end in the middle of an image.
TEST_F(GroupedConv, wideGroups) {
  for (const Layer& layer :
       {Layer::square(3, 7, 7, 160, 160, 5, 1), Layer::square(2, 9, 8, 64, 64, 2, 2), Layer::square(4, 7, 7, 144, 144, 3, 1),
        Layer::square(2, 9, 8, 96, 96, 2, 2), Layer::square(2, 6, 7, 128, 128, 2, 1), Layer::square(1, 7, 7, 96, 96, 1, 1),
        Layer::square(2, 8, 8, 96, 192, 1, 1), Layer::square(1, 5, 9, 128, 64, 1, 2), Layer::square(1, 4, 4, 256, 128, 1, 2),
        Layer::square(1, 1, 2, 32, 32, 1, 2), Layer::square(1, 12, 30, 32, 32, 1, 1),
        Layer{2, 6, 5, 64, 64, 2, 5, 5, {2, 1, 1, 2, 2, 1, 1}}, Layer{2, 6, 5, 64, 64, 2, 1, 1, {2, 2, 2, 0, 0, 1, 1}},
        Layer{2, 6, 7, 64, 64, 2, 3, 3, {2, 1, 1, 0, 3, 1, 1}}, Layer{2, 9, 8, 32, 32, 1, 3, 2, {1, 2, 2, 2, 0, 2, 3}},
        Layer{1, 4, 4, 32, 32, 1, 3, 3, {1, 1, 1, 5, 6, 1, 1}}}) {
    forward_and_backward(layer, OCT_BF16, 11, true);
    run(Pass::fused, layer, OCT_BF16, 12, true, {});
    if (HasFailure()) return;
  }
  EXPECT_EQ(runs_["grouped_conv_forward_wide_groups"], 32);
  EXPECT_EQ(runs_["grouped_conv_backward_data_wide_groups"], 16);
}

/// Groups that wgmma takes: 128 and 96 columns a tile, both strides, one patch and several.
TEST_F(GroupedConv, groupsForWgmma) {
  for (const Layer& layer : {Layer::square(3, 7, 7, 128, 128, 1, 1), Layer::square(1, 9, 8, 192, 192, 1, 2),
                             Layer::square(1, 4, 9, 64, 256, 1, 1), Layer{2, 6, 5, 256, 256, 2, 1, 1, {2, 2, 2, 0, 0, 1, 1}}}) {
    forward_and_backward(layer, OCT_BF16, 13, true);
    run(Pass::fused, layer, OCT_BF16, 14, true, {});
    if (HasFailure()) return;
  }
  EXPECT_EQ(runs_["grouped_conv_forward_wgmma"], 8);
  EXPECT_EQ(runs_["grouped_conv_backward_data_wgmma"], 3);
}

/// Where squares of values, and not of distances, would cancel.
TEST_F(GroupedConv, momentsOfALargeMean) {
  for (const Layer& layer :
       {Layer::square(3, 7, 7, 64, 64, 16, 1), Layer::square(3, 7, 7, 64, 64, 2, 1), Layer::square(3, 7, 7, 64, 64, 4, 1)}) {
    run(Pass::fused, layer, OCT_F32, 7, false, {true, true, true, 1e5f});
    run(Pass::fused, layer, OCT_BF16, 8, false, {true, true, true, 1e3f});
  }
}

}  // namespace
}  // namespace oct::test
