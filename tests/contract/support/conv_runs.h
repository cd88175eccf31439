// Runs of convolutions by every variant that can, each against the oracle in double precision.
#pragma once
#include <map>

#include "conv_shape.h"
#include "device.h"

namespace oct::test {

/// The operands of every pass of one convolution on a device. Outputs hold nothing yet.
struct ConvTensors {
  oct_tensor x, weight, bias, y, dy, dx, dweight, dbias, scale, shift, mean, variance;
};

/// What is fused into a forward pass; `offset` is about where y lies: |mean| is far above the deviation where it is large.
struct Fusion {
  bool prologue = true, relu = true, bias = true, moments = true;
  float offset = 0;
};

enum class ConvPass { forward, forward_fused, backward_data, backward_weight };
const char* name_of(ConvPass pass);

class ConvRuns : public testing::Test {
 protected:
  void TearDown() override { EXPECT_FALSE(runs_.empty()) << "no variant ran"; }

  /// Every variant whose name begins with `beginning_`, and, where tensors are not aligned or there is no variant, the device's choice.
  /// Compares with the oracle, and a second run with the bits of the first.
  void run(ConvPass pass, const ConvShape& shape, oct_dtype dtype, uint64_t seed, const Fusion& fusion = {});
  void forward_and_backward(const ConvShape& shape, oct_dtype dtype, uint64_t seed) {
    run(ConvPass::forward, shape, dtype, seed);
    run(ConvPass::backward_data, shape, dtype, seed);
  }

  int64_t first_ = 0;                ///< where tensors begin
  bool tuned_ = false;               ///< leaves out the variant for every shape, and the second run
  std::string beginning_;            ///< of the variants' names
  std::map<std::string, int> runs_;  ///< of each variant
};

/// The operands of a seed, by the oracle's names.
struct ConvValues {
  std::vector<float> x, weight, bias, dy, scale, shift;
  ConvValues(const ConvShape& shape, oct_dtype dtype, uint64_t seed, float offset = 0);
};
ConvTensors tensors_of(Device& device, const ConvShape& shape, oct_dtype dtype, const ConvValues& values);
oct_status run_conv(Device& device, ConvPass pass, const ConvShape& shape, const ConvTensors& t, const Fusion& fusion = {});

}  // namespace oct::test
