// Grouped convolutions, every pass by every variant that the device has: shapes of the file and random ones, refusals.
#include "support/conv_runs.h"
#include "support/expect.h"

namespace oct::test {
namespace {

class GroupedConv : public ConvRuns {};
class GroupedConvWeight : public ConvRuns {};

std::vector<ConvShape> file_shapes() {
  std::vector<ConvShape> found;
  for (const std::vector<int64_t>& line : shapes("grouped_conv", 14)) found.push_back(ConvShape::of(line));
  return found;
}

TEST_F(GroupedConv, ShapesOfTheFile) {
  int lines = 0;
  for (const ConvShape& shape : file_shapes()) {
    forward_and_backward(shape, OCT_F32, 1);
    forward_and_backward(shape, OCT_BF16, 2);
    if (lines++ % 3 == 0) run(ConvPass::forward_fused, shape, OCT_F32, 3);
    run(ConvPass::forward_fused, shape, OCT_BF16, 4);
    if (HasFailure()) return;
  }
  EXPECT_GE(lines, 40);
}

TEST_F(GroupedConvWeight, ShapesOfTheFile) {
  for (const ConvShape& shape : file_shapes()) {
    run(ConvPass::backward_weight, shape, OCT_F32, 1);
    run(ConvPass::backward_weight, shape, OCT_BF16, 2);
    if (HasFailure()) return;
  }
  if (emulated()) {
    EXPECT_EQ(runs_.size(), 4u);
  }
}

/// Small legal convolutions, most of which suit the tuned kernels.
class RandomShapes {
 public:
  RandomShapes() : seed_(std::random_device{}() % 1000000), random_(seed_) { testing::Test::RecordProperty("seed", std::to_string(seed_)); }

  uint64_t seed() const { return seed_; }
  int64_t pick(int64_t least, int64_t most) { return std::uniform_int_distribution<int64_t>(least, most)(random_); }
  oct_dtype pick_type() { return pick(0, 3) == 0 ? OCT_F32 : OCT_BF16; }
  ConvShape pick_shape() {
    const std::vector<int64_t> widths{1, 2, 3, 4, 8, 16, 24, 32, 48, 64};
    const int64_t width = widths[static_cast<size_t>(pick(0, 9))], groups = pick(1, 64 / width + 1);
    const int64_t filters = pick(0, 3) == 0 ? pick(1, 40) : width;
    ConvShape shape = ConvShape::square(pick(1, 4), pick(3, 12), pick(3, 20), groups * width, groups * filters, groups, pick(1, 2));
    if (pick(0, 2) > 0) return shape;
    shape.r = pick(1, 3);
    shape.s = pick(1, 3);
    shape.conv = {groups, pick(1, 3), pick(1, 3), pick(0, 3), pick(0, 3), pick(1, 2), pick(1, 2)};
    return shape;
  }

 private:
  uint64_t seed_;
  std::mt19937_64 random_;
};

bool fits(const ConvShape& l) {
  return l.h + 2 * l.conv.padding_h > l.conv.dilation_h * (l.r - 1) && l.w + 2 * l.conv.padding_w > l.conv.dilation_w * (l.s - 1);
}

TEST_F(GroupedConv, RandomShapes) {
  test::RandomShapes random;
  SCOPED_TRACE("seed " + std::to_string(random.seed()));
  for (int i = 0; i < 12 && !HasFailure(); ++i) {
    const ConvShape shape = random.pick_shape();
    if (!fits(shape)) continue;
    const oct_dtype dtype = random.pick_type();
    forward_and_backward(shape, dtype, random.seed() + static_cast<uint64_t>(i));
    run(ConvPass::forward_fused, shape, dtype, random.seed() + static_cast<uint64_t>(i));
  }
}

TEST_F(GroupedConvWeight, RandomShapes) {
  test::RandomShapes random;
  SCOPED_TRACE("seed " + std::to_string(random.seed()));
  for (int i = 0; i < 12 && !HasFailure(); ++i) {
    const ConvShape shape = random.pick_shape();
    if (fits(shape)) run(ConvPass::backward_weight, shape, random.pick_type(), random.seed() + static_cast<uint64_t>(i));
  }
}

TEST(CpuGroupedConv, AnyNumberGivesTheSameBits) {
  const ConvShape several[] = {
      ConvShape::square(3, 20, 20, 128, 128, 32, 1),    // packed groups, several strips
      ConvShape::square(3, 20, 20, 80, 80, 10, 2),      // packed groups, stride 2
      ConvShape::square(2, 19, 19, 64, 96, 2, 1),       // registers of outputs in pairs and alone
      {2, 40, 41, 3, 64, 7, 7, {1, 2, 2, 3, 3, 1, 1}},  // the stem
  };
  for (const ConvShape& shape : several) {
    for (const oct_dtype dtype : {OCT_F32, OCT_BF16}) {
      SCOPED_TRACE(shape.text());
      std::vector<std::vector<uint8_t>> before;
      for (const int32_t threads : {1, 1, 2, 3, 7}) {
        Device device({.threads = threads});
        const ConvTensors t = tensors_of(device, shape, dtype, ConvValues(shape, dtype, 1));
        for (const ConvPass pass : {ConvPass::forward, ConvPass::backward_data, ConvPass::backward_weight}) {
          ASSERT_EQ(run_conv(device, pass, shape, t), OCT_OK) << oct_last_error();
        }
        std::vector<std::vector<uint8_t>> bits;
        for (const oct_tensor& output : {t.y, t.dx, t.dweight, t.dbias}) bits.push_back(device.read_bytes(output));
        if (!before.empty()) {
          EXPECT_TRUE(bits == before) << threads << " threads";
        }
        before = bits;
      }
    }
  }
}

/// A legal convolution, of which each test breaks one argument.
class GroupedConvArguments : public testing::Test {
 protected:
  oct_status forward() { return bind(device_, forward_); }
  oct_status backward_data() { return bind(device_, data_); }
  oct_status backward_weight() { return bind(device_, weight_); }
  /// Every pass with another geometry.
  void set(const oct_conv& conv) { forward_.conv = data_.conv = weight_.conv = conv; }

  Device device_;
  ConvShape shape_ = ConvShape::square(1, 5, 5, 8, 8, 2, 1);
  ConvTensors t_ = tensors_of(device_, shape_, OCT_F32, ConvValues(shape_, OCT_F32, 1));
  ConvTensors half_ = tensors_of(device_, shape_, OCT_BF16, ConvValues(shape_, OCT_BF16, 1));
  oct_grouped_conv_forward_args forward_{.x = t_.x, .weight = t_.weight, .bias = t_.bias, .y = t_.y, .conv = shape_.conv};
  oct_grouped_conv_backward_data_args data_{.dy = t_.dy, .weight = t_.weight, .dx = t_.dx, .conv = shape_.conv};
  oct_grouped_conv_backward_weight_args weight_{.x = t_.x, .dy = t_.dy, .dweight = t_.dweight, .dbias = t_.dbias, .conv = shape_.conv};
};

TEST_F(GroupedConvArguments, LegalOnesPass) {
  EXPECT_EQ(forward(), OCT_OK) << oct_last_error();
  EXPECT_EQ(backward_data(), OCT_OK) << oct_last_error();
  EXPECT_EQ(backward_weight(), OCT_OK) << oct_last_error();
}

TEST_F(GroupedConvArguments, GroupsMustDivideTheChannels) {
  set({3, 1, 1, 1, 1, 1, 1});
  expect_invalid(forward(), {"grouped_conv_forward: C is 8 and K is 8, but both must be divisible by groups, 3"});
  set({0, 1, 1, 1, 1, 1, 1});
  expect_invalid(backward_data(), {"grouped_conv_backward_data: groups is 0, but must be >= 1"});
  set({4, 1, 1, 1, 1, 1, 1});
  expect_invalid(backward_weight(), {"grouped_conv_backward_weight: dweight has the shape [8,3,3,4]; axis 3 must be 2, C / groups"});
}

TEST_F(GroupedConvArguments, GeometryIsBounded) {
  set({2, 1, 0, 1, 1, 1, 1});
  expect_invalid(forward(), {"stride_w is 0, but must be in [1,1048576]"});
  set({2, 1, 1, -1, 1, 1, 1});
  expect_invalid(forward(), {"padding_h is -1, but must be in [0,1048576]"});
  set({2, 1, 1, INT64_MAX, 1, 1, 1});
  expect_invalid(forward(), {"padding_h is 9223372036854775807"});
  set({2, 1, 1, 1, 1, 1, 4});
  expect_invalid(forward(), {"the filter reaches over 9 positions along w, but the input has 5 with padding 1 on both sides"});
}

TEST_F(GroupedConvArguments, ExtentsMustFit) {
  set({2, 1, 1, 0, 1, 1, 1});
  expect_invalid(forward(), {"y has the shape [1,5,5,8]; axis 1 must be 3, (H + 2 padding_h - dilation_h (R - 1) - 1) / stride_h + 1"});
  set(shape_.conv);
  forward_.y = device_.empty(OCT_F32, {2, 5, 5, 8});
  expect_invalid(forward(), {"y has the shape [2,5,5,8]; axis 0 must be 1, the N of the input"});
  forward_.y = t_.y;
  forward_.x = device_.empty(OCT_F32, {5, 5, 8});
  expect_invalid(forward(), {"x has rank 3, but must have rank 4"});
  forward_.x = t_.x;
  forward_.bias = device_.empty(OCT_F32, {7});
  expect_invalid(forward(), {"bias has the shape [7]; axis 0 must be 8, the K of the weight"});
}

TEST_F(GroupedConvArguments, TypesMustAgree) {
  forward_.weight = half_.weight;
  expect_invalid(forward(), {"weight is bf16, but x is f32; they must share a type"});
  forward_.weight = t_.weight;
  forward_.x = device_.empty(OCT_I32, {1, 5, 5, 8});
  expect_invalid(forward(), {"x is i32, but must be f32 or bf16"});
  weight_ = {.x = half_.x, .dy = half_.dy, .dweight = half_.weight, .dbias = {}, .conv = shape_.conv};
  expect_invalid(backward_weight(), {"dweight is bf16, but must be f32"});
}

TEST_F(GroupedConvArguments, OutputsAliasNothing) {
  forward_.y = t_.x;
  expect_invalid(forward(), {"y overlaps x in memory"});
  data_.dx = t_.dy;
  expect_invalid(backward_data(), {"dx overlaps dy in memory"});
}

TEST_F(GroupedConvArguments, FusedOnesGoInPairs) {
  oct_grouped_conv_forward_fused_args fused{.x = t_.x,
                                            .input_scale = t_.scale,
                                            .input_shift = {},
                                            .weight = t_.weight,
                                            .bias = {},
                                            .y = t_.y,
                                            .y_mean = t_.mean,
                                            .y_variance = t_.variance,
                                            .conv = shape_.conv,
                                            .input_relu = 1};
  if (on_cpu()) {
    expect_refused(OCT_UNSUPPORTED, bind(device_, fused), {"grouped_conv_forward_fused: the device cpu has no kernel for it"});
    return;
  }
  expect_invalid(bind(device_, fused), {"input_shift is missing and input_scale is not"});
  fused.input_shift = t_.shift;
  fused.y_variance = {};
  expect_invalid(bind(device_, fused), {"y_variance is missing and y_mean is not"});
}

}  // namespace
}  // namespace oct::test
