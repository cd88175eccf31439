// The weight gradient of grouped convolutions: every variant against sums in double.
#include <map>

#include "convolution.h"

namespace oct::test {
namespace {

Sums weight_gradient(const Layer& l, const std::vector<float>& x, const std::vector<float>& dy) {
  Sums sums(l.weights());
  each_product(l, [&](size_t ix, size_t iw, size_t iy) { sums.add(iw, static_cast<double>(x[ix]) * dy[iy]); });
  return sums;
}

Sums bias_gradient(const Layer& l, const std::vector<float>& dy) {
  Sums sums(l.k);
  for (size_t i = 0; i < dy.size(); ++i) sums.add(i % static_cast<size_t>(l.k), dy[i]);
  return sums;
}

/// Runs every variant that can, or all but the one for every shape; counts the runs of each.
class GroupedConvWeight : public ::testing::Test {
 protected:
  void run(const Layer& layer, oct_dtype dtype, uint64_t seed, bool tuned = false) {
    EmulatedDevice device(first_);
    const std::vector<float> x = rounded(dtype, random_values(layer.inputs(), seed));
    const std::vector<float> dy = rounded(dtype, random_values(layer.outputs(), seed + 1));
    const oct_tensor xs = device.of(dtype, {layer.n, layer.h, layer.w, layer.c}, x);
    const oct_tensor dys = device.of(dtype, {layer.n, layer.p(), layer.q(), layer.k}, dy);
    const Sums expected = weight_gradient(layer, x, dy), expected_bias = bias_gradient(layer, dy);
    std::vector<std::string> variants = device.variants("grouped_conv", "backward_weight");
    if (first_ > 0) variants.emplace_back("");  // the device's choice
    for (const std::string& variant : variants) {
      if (tuned && variant == "grouped_conv_backward_weight_direct") continue;
      ASSERT_EQ(oct_use_variant(device.context(), variant.empty() ? nullptr : variant.c_str()), OCT_OK) << oct_last_error();
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
          check(what + " dweight", OCT_F32, expected, device.read(dweight));
          check(what + " dbias", OCT_F32, expected_bias, device.read(dbias));
          before = bits;
        } else {
          EXPECT_EQ(bits, before) << what << ": two runs differ";
        }
      }
      ++runs_[variant];
      if (HasFailure()) return;
    }
  }

  int64_t first_ = 0;  // where tensors begin
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
       {Layer::square(5, 7, 7, 64, 64, 64, 1), Layer::square(3, 9, 8, 72, 72, 36, 2), Layer::square(2, 14, 14, 64, 64, 16, 1),
        Layer::square(9, 7, 6, 72, 72, 18, 2), Layer::square(2, 9, 14, 72, 72, 9, 1), Layer::square(9, 8, 8, 64, 64, 8, 2),
        Layer::square(5, 7, 7, 80, 80, 5, 1), Layer::square(2, 14, 13, 48, 48, 3, 2), Layer::square(5, 7, 7, 160, 160, 5, 1),
        Layer::square(9, 8, 8, 64, 64, 2, 2), Layer::square(4, 7, 7, 144, 144, 3, 1), Layer::square(2, 9, 8, 96, 96, 2, 2),
        Layer::square(4, 7, 7, 64, 128, 1, 1), Layer::square(2, 8, 8, 128, 64, 2, 2), Layer::square(2, 6, 7, 96, 192, 2, 2),
        Layer::square(2, 5, 5, 40, 72, 1, 1), Layer::square(2, 6, 6, 64, 64, 8, 1, 0), Layer::square(2, 5, 6, 64, 64, 8, 1, 2),
        Layer::square(2, 5, 6, 64, 64, 2, 1, 4), Layer::square(2, 7, 6, 64, 64, 2, 2, 3),
        // Rows so long that x is several stages ahead of dy.
        Layer::square(1, 3, 41, 64, 64, 2, 1), Layer::square(1, 5, 70, 64, 64, 2, 2), Layer::square(1, 5, 70, 64, 64, 16, 2)}) {
    run(layer, OCT_BF16, 3, true);
    if (HasFailure()) return;
  }
  EXPECT_EQ(runs_.size(), 2u);
}

/// Of every kernel that wants 16 bytes a layer that it takes.
TEST_F(GroupedConvWeight, tensorsThatAreNotAligned) {
  for (first_ = 0; first_ < 2; ++first_) {
    runs_.clear();
    for (const Layer& layer : {Layer::square(2, 5, 6, 32, 32, 8, 1), Layer::square(1, 5, 6, 64, 64, 2, 2),
                               Layer{1, 3, 4, 128, 128, 1, 1, 1, {1, 1, 1, 0, 0, 1, 1}}}) {
      run(layer, OCT_BF16, 4);
    }
    if (first_ == 0) {
      EXPECT_EQ(runs_.size(), 4u);
    }
  }
  const std::map<std::string, int> expected{{"", 3}, {"grouped_conv_backward_weight_direct", 3}};
  EXPECT_EQ(runs_, expected);
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
