#include "octothorpe/global_average_pool.h"

#include "support.h"

namespace {

using namespace oct::test;

class GlobalAveragePool : public testing::TestWithParam<oct_dtype> {};

// The sums' order is part of the contract: every bit is known.
TEST_P(GlobalAveragePool, AddsInRowMajorOrder) {
  for (const std::vector<int64_t>& shape : shapes("global_average_pool", "test")) {
    for (const int64_t first : {0, 1}) {
      EmulatedDevice on(first);
      const int64_t pixels = shape[1] * shape[2], channels = shape[3];
      const std::vector<float> input = rounded(GetParam(), random_values(shape[0] * pixels * channels, 1));
      const std::vector<float> gradient = rounded(GetParam(), random_values(shape[0] * channels, 2));
      const oct_tensor x = on.of(GetParam(), shape, input), y = on.empty(GetParam(), {shape[0], channels});
      const oct_tensor dy = on.of(GetParam(), {shape[0], channels}, gradient), dx = on.empty(GetParam(), shape);
      ASSERT_EQ(oct_global_average_pool_forward(on.context(), &x, &y), OCT_OK) << oct_last_error();
      ASSERT_EQ(oct_global_average_pool_backward(on.context(), &dy, &dx), OCT_OK) << oct_last_error();
      std::vector<float> means, parts(input.size());
      for (int64_t n = 0; n < shape[0]; ++n) {
        for (int64_t c = 0; c < channels; ++c) {
          const float part = gradient[static_cast<size_t>(n * channels + c)] / static_cast<float>(pixels);
          float sum = 0;
          for (int64_t pixel = 0; pixel < pixels; ++pixel) {
            const size_t at = static_cast<size_t>((n * pixels + pixel) * channels + c);
            sum += input[at];
            parts[at] = part;
          }
          means.push_back(sum / static_cast<float>(pixels));
        }
      }
      EXPECT_EQ(on.read(y), rounded(GetParam(), means));
      EXPECT_EQ(on.read(dx), rounded(GetParam(), parts));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Types, GlobalAveragePool, testing::Values(OCT_F32, OCT_BF16));

}  // namespace
