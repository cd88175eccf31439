// Grouped convolutions, forward, forward_fused and backward_data: every variant against sums in double.
#include <algorithm>
#include <map>

#include "convolution.h"

namespace oct::test {
namespace {

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
    EmulatedDevice device(first_);
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
    std::vector<std::string> variants = device.variants("grouped_conv", pass_name);
    if (first_ > 0) variants.emplace_back("");  // the device's choice
    for (const std::string& variant : variants) {
      if (tuned && variant.find("direct") != std::string::npos) continue;
      ASSERT_EQ(oct_use_variant(device.context(), variant.empty() ? nullptr : variant.c_str()), OCT_OK) << oct_last_error();
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

  int64_t first_ = 0;  // where tensors begin
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

/// Of every kernel that wants 16 bytes a layer that it takes.
TEST_F(GroupedConv, tensorsThatAreNotAligned) {
  for (first_ = 0; first_ < 2; ++first_) {
    runs_.clear();
    for (const Layer& layer : {Layer::square(2, 5, 6, 32, 32, 8, 1), Layer::square(1, 5, 6, 64, 64, 2, 2),
                               Layer{1, 3, 4, 128, 128, 1, 1, 1, {1, 1, 1, 0, 0, 1, 1}}}) {
      forward_and_backward(layer, OCT_BF16, 15);
      run(Pass::fused, layer, OCT_BF16, 16, false, {});
    }
    forward_and_backward(Layer::square(2, 5, 6, 32, 32, 8, 1), OCT_F32, 17);
    if (first_ == 0) {
      EXPECT_EQ(runs_.size(), 12u);  // forward and backward: direct, packed, wide, wgmma, conv_1x1 by mma, by wgmma
    }
  }
  const std::map<std::string, int> expected{{"", 11}, {"grouped_conv_forward_direct", 7}, {"grouped_conv_backward_data_direct", 4}};
  EXPECT_EQ(runs_, expected);
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
