// The kernels of 1x1 convolutions of one group: every variant of every pass, with and without each fusion.
#include "../support/conv_runs.h"
#include "../support/expect.h"

namespace oct::test {
namespace {

class CudaConv1x1 : public ConvRuns {
 protected:
  CudaConv1x1() { beginning_ = "conv_1x1"; }
  void forward(const ConvShape& shape, const Fusion& fusion, uint64_t seed) { run(ConvPass::forward_fused, shape, OCT_BF16, seed, fusion); }
  void backward(const ConvShape& shape, uint64_t seed) {
    run(ConvPass::backward_data, shape, OCT_BF16, seed);
    run(ConvPass::backward_weight, shape, OCT_BF16, seed);
  }
};

/// The 1x1 lines of one group of both files.
std::vector<ConvShape> file_layers() {
  std::vector<ConvShape> all, found;
  for (const std::vector<int64_t>& line : shapes("dense_conv", 9)) all.push_back(ConvShape::of_dense(line));
  for (const std::vector<int64_t>& line : shapes("grouped_conv", 14)) all.push_back(ConvShape::of(line));
  for (const ConvShape& l : all) {
    if (l.conv.groups == 1 && l.r == 1 && l.s == 1 && l.conv.stride_h == l.conv.stride_w) found.push_back(l);
  }
  return found;
}

TEST_F(CudaConv1x1, ShapesOfTheFiles) {
  for (const ConvShape& layer : file_layers()) {
    forward(layer, {}, 1);
    backward(layer, 2);
    if (HasFailure()) return;
  }
  EXPECT_GE(runs_.size(), 3u);
}

/// Each fusion alone, on several tiles with tails in rows, columns and depth.
TEST_F(CudaConv1x1, Fusions) {
  const ConvShape layer = ConvShape::pointwise(3, 9, 11, 40, 136), deep = ConvShape::pointwise(1, 12, 12, 168, 72);
  forward(layer, {false, false, false, false}, 1);
  forward(layer, {false, false, true, false}, 2);
  forward(layer, {true, false, false, false}, 3);
  forward(layer, {true, true, false, false}, 4);
  forward(layer, {false, false, false, true}, 5);
  forward(layer, {false, false, true, true, 1000}, 6);
  forward(deep, {true, true, true, true, -50}, 7);
  backward(deep, 8);
}

TEST_F(CudaConv1x1, StridesAndPadding) {
  for (const ConvShape& layer : {ConvShape::pointwise(2, 9, 10, 24, 32, 2), ConvShape::pointwise(2, 5, 7, 16, 40, 1, 1),
                                 ConvShape::pointwise(1, 11, 8, 32, 16, 3, 2)}) {
    forward(layer, {}, 9);
    backward(layer, 10);
    if (HasFailure()) return;
  }
}

TEST_F(CudaConv1x1, RandomShapes) {
  const uint64_t seed = std::random_device{}() % 1000000;
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  const auto pick = [&](int64_t least, int64_t most) { return std::uniform_int_distribution<int64_t>(least, most)(random); };
  for (int i = 0; i < 5; ++i) {
    const ConvShape layer =
        ConvShape::pointwise(pick(1, 4), pick(1, 10), pick(1, 10), 8 * pick(1, 16), 8 * pick(1, 20), pick(1, 2), pick(0, 4) == 0 ? 1 : 0);
    forward(layer, {pick(0, 1) == 0, pick(0, 1) == 0, pick(0, 1) == 0, pick(0, 1) == 0}, seed);
    backward(layer, seed);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace oct::test
