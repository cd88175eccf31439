// The tuned kernels of grouped convolutions, forward, forward_fused and backward_data, each on the layers that its tiles make hard.
#include "../support/conv_runs.h"
#include "../support/expect.h"

namespace oct::test {
namespace {

class CudaGroupedConv : public ConvRuns {
 protected:
  void run_tuned(const std::vector<ConvShape>& layers, uint64_t seed) {
    tuned_ = true;
    for (const ConvShape& layer : layers) {
      forward_and_backward(layer, OCT_BF16, seed);
      run(ConvPass::forward_fused, layer, OCT_BF16, seed + 1);
      if (HasFailure()) return;
    }
  }
  /// A GPU lacks the kernels of later ones; the emulated device has all.
  void expect_runs(const std::string& kernel, int forward, int backward_data) {
    if (!emulated()) return;
    EXPECT_EQ(runs_["grouped_conv_forward_" + kernel], forward);
    EXPECT_EQ(runs_["grouped_conv_backward_data_" + kernel], backward_data);
  }
};

TEST_F(CudaGroupedConv, EachPartOfTheFusionAlone) {
  for (const ConvShape& layer :
       {ConvShape::square(2, 7, 6, 64, 64, 16, 1), ConvShape::square(2, 8, 7, 64, 64, 2, 2), ConvShape::square(2, 6, 7, 15, 15, 5, 1)}) {
    for (const Fusion& fusion : {Fusion{false, false, true, true}, Fusion{true, false, true, false}, Fusion{true, false, true, true},
                                 Fusion{false, true, true, false}}) {
      run(ConvPass::forward_fused, layer, OCT_BF16, 5, fusion);
    }
    run(ConvPass::forward_fused, layer, OCT_F32, 6, {true, false, true, true});
  }
}

/// Few channels per group: every width of group, whole and partial slabs of channels, one and several tiles of columns, odd and even sides.
TEST_F(CudaGroupedConv, PackedGroups) {
  run_tuned(
      {ConvShape::square(3, 7, 7, 40, 40, 40, 1), ConvShape::square(2, 5, 9, 72, 72, 36, 2), ConvShape::square(2, 14, 13, 64, 64, 16, 1),
       ConvShape::square(9, 7, 6, 72, 72, 18, 2), ConvShape::square(2, 9, 14, 72, 72, 9, 1), ConvShape::square(1, 8, 8, 8, 8, 1, 2),
       ConvShape::square(5, 7, 7, 80, 80, 5, 1), ConvShape::square(2, 15, 17, 48, 48, 3, 2), ConvShape::square(1, 5, 70, 24, 24, 6, 1),
       ConvShape::square(1, 4, 133, 16, 16, 2, 2), ConvShape::square(1, 3, 130, 32, 32, 2, 2), ConvShape::square(1, 1, 1, 32, 32, 2, 2),
       ConvShape::square(20, 2, 3, 256, 256, 32, 1), ConvShape::square(1, 56, 56, 32, 32, 8, 1)},
      9);
  expect_runs("packed_groups", 28, 14);
}

/// Many channels per group: tiles of several groups and groups of several tiles, tiles and positions that end in the middle of an image.
TEST_F(CudaGroupedConv, WideGroups) {
  run_tuned(
      {ConvShape::square(3, 7, 7, 160, 160, 5, 1), ConvShape::square(2, 9, 8, 64, 64, 2, 2), ConvShape::square(4, 7, 7, 144, 144, 3, 1),
       ConvShape::square(2, 9, 8, 96, 96, 2, 2), ConvShape::square(2, 6, 7, 128, 128, 2, 1), ConvShape::square(1, 7, 7, 96, 96, 1, 1),
       ConvShape::square(2, 8, 8, 96, 192, 1, 1), ConvShape::square(1, 5, 9, 128, 64, 1, 2), ConvShape::square(1, 4, 4, 256, 128, 1, 2),
       ConvShape::square(1, 1, 2, 32, 32, 1, 2), ConvShape::square(1, 12, 30, 32, 32, 1, 1),
       ConvShape{2, 6, 5, 64, 64, 5, 5, {2, 1, 1, 2, 2, 1, 1}}, ConvShape{2, 6, 5, 64, 64, 1, 1, {2, 2, 2, 0, 0, 1, 1}},
       ConvShape{2, 6, 7, 64, 64, 3, 3, {2, 1, 1, 0, 3, 1, 1}}, ConvShape{2, 9, 8, 32, 32, 3, 2, {1, 2, 2, 2, 0, 2, 3}},
       ConvShape{1, 4, 4, 32, 32, 3, 3, {1, 1, 1, 5, 6, 1, 1}}},
      11);
  expect_runs("wide_groups", 32, 16);
}

/// Groups that wgmma takes: 128 and 96 columns per tile, both strides, one patch and several.
TEST_F(CudaGroupedConv, GroupsForWgmma) {
  run_tuned({ConvShape::square(3, 7, 7, 128, 128, 1, 1), ConvShape::square(1, 9, 8, 192, 192, 1, 2),
             ConvShape::square(1, 4, 9, 64, 256, 1, 1), ConvShape{2, 6, 5, 256, 256, 1, 1, {2, 2, 2, 0, 0, 1, 1}}},
            13);
  expect_runs("wgmma", 8, 3);
}

/// A layer for every kernel that needs 16-byte alignment.
TEST_F(CudaGroupedConv, TensorsThatAreNotAligned) {
  for (first_ = 0; first_ < 2; ++first_) {
    runs_.clear();
    for (const ConvShape& layer :
         {ConvShape::square(2, 5, 6, 32, 32, 8, 1), ConvShape::square(1, 5, 6, 64, 64, 2, 2), ConvShape::pointwise(1, 3, 4, 128, 128)}) {
      forward_and_backward(layer, OCT_BF16, 15);
      run(ConvPass::forward_fused, layer, OCT_BF16, 16);
    }
    forward_and_backward(ConvShape::square(2, 5, 6, 32, 32, 8, 1), OCT_F32, 17);
    if (first_ == 0 && emulated()) {
      EXPECT_EQ(runs_.size(), 12u);  // forward and backward: direct, packed, wide, wgmma, conv_1x1 by mma, by wgmma
    }
  }
  const std::map<std::string, int> expected{{"", 11}, {"grouped_conv_forward_direct", 7}, {"grouped_conv_backward_data_direct", 4}};
  EXPECT_EQ(runs_, expected);
}

/// Where squares of values, and not of distances, would cancel.
TEST_F(CudaGroupedConv, MomentsOfALargeMean) {
  for (const ConvShape& layer :
       {ConvShape::square(3, 7, 7, 64, 64, 16, 1), ConvShape::square(3, 7, 7, 64, 64, 2, 1), ConvShape::square(3, 7, 7, 64, 64, 4, 1)}) {
    run(ConvPass::forward_fused, layer, OCT_F32, 7, {.offset = 1e5f});
    run(ConvPass::forward_fused, layer, OCT_BF16, 8, {.offset = 1e3f});
  }
}

class CudaGroupedConvWeight : public CudaGroupedConv {};

/// Every width of group that has a kernel of its own, with several splits, whole and partial blocks of channels, both strides.
TEST_F(CudaGroupedConvWeight, GroupsOfEveryWidth) {
  tuned_ = true;
  for (const ConvShape& layer :
       {ConvShape::square(5, 7, 7, 64, 64, 64, 1), ConvShape::square(3, 9, 8, 72, 72, 36, 2), ConvShape::square(2, 14, 14, 64, 64, 16, 1),
        ConvShape::square(9, 7, 6, 72, 72, 18, 2), ConvShape::square(2, 9, 14, 72, 72, 9, 1), ConvShape::square(9, 8, 8, 64, 64, 8, 2),
        ConvShape::square(5, 7, 7, 80, 80, 5, 1), ConvShape::square(2, 14, 13, 48, 48, 3, 2), ConvShape::square(5, 7, 7, 160, 160, 5, 1),
        ConvShape::square(9, 8, 8, 64, 64, 2, 2), ConvShape::square(4, 7, 7, 144, 144, 3, 1), ConvShape::square(2, 9, 8, 96, 96, 2, 2),
        ConvShape::square(4, 7, 7, 64, 128, 1, 1), ConvShape::square(2, 8, 8, 128, 64, 2, 2), ConvShape::square(2, 6, 7, 96, 192, 2, 2),
        ConvShape::square(2, 5, 5, 40, 72, 1, 1), ConvShape::square(2, 6, 6, 64, 64, 8, 1, 0), ConvShape::square(2, 5, 6, 64, 64, 8, 1, 2),
        ConvShape::square(2, 5, 6, 64, 64, 2, 1, 4), ConvShape::square(2, 7, 6, 64, 64, 2, 2, 3),
        // Rows so long that x is several stages ahead of dy.
        ConvShape::square(1, 3, 41, 64, 64, 2, 1), ConvShape::square(1, 5, 70, 64, 64, 2, 2), ConvShape::square(1, 5, 70, 64, 64, 16, 2)}) {
    run(ConvPass::backward_weight, layer, OCT_BF16, 3);
    if (HasFailure()) return;
  }
  EXPECT_EQ(runs_.size(), 2u);
}

/// A layer for every kernel that needs 16-byte alignment.
TEST_F(CudaGroupedConvWeight, TensorsThatAreNotAligned) {
  for (first_ = 0; first_ < 2; ++first_) {
    runs_.clear();
    for (const ConvShape& layer :
         {ConvShape::square(2, 5, 6, 32, 32, 8, 1), ConvShape::square(1, 5, 6, 64, 64, 2, 2), ConvShape::pointwise(1, 3, 4, 128, 128)}) {
      run(ConvPass::backward_weight, layer, OCT_BF16, 4);
    }
    if (first_ == 0 && emulated()) {
      EXPECT_EQ(runs_.size(), 4u);
    }
  }
  const std::map<std::string, int> expected{{"", 3}, {"grouped_conv_backward_weight_direct", 3}};
  EXPECT_EQ(runs_, expected);
}

}  // namespace
}  // namespace oct::test
