#include "support/expect.h"

namespace oct::test {
namespace {

OCT_FOR_TYPES(GlobalAveragePool);

// The order of the sums is part of the contract: every bit of y is known. Each value is also near the exact mean.
TEST_P(GlobalAveragePool, AddsInRowMajorOrderForAnyThreadCount) {
  for (const std::vector<int64_t>& shape : shapes("global_average_pool", 4)) {
    for (const int64_t first : {0, 1}) {
      for (const int32_t threads : thread_counts()) {
        SCOPED_TRACE(text_of(shape) + ", threads " + std::to_string(threads));
        Device device({first, threads});
        const int64_t pixels = shape[1] * shape[2], channels = shape[3];
        const auto count = static_cast<double>(pixels);
        const std::vector<float> input = rounded(GetParam(), random_values(product(shape), 1));
        const std::vector<float> gradient = rounded(GetParam(), random_values(shape[0] * channels, 2));
        const oct_tensor x = device.of(GetParam(), shape, input), y = device.empty(GetParam(), {shape[0], channels});
        const oct_tensor dy = device.of(GetParam(), {shape[0], channels}, gradient), dx = device.empty(GetParam(), shape);
        ASSERT_RUNS(device, oct_global_average_pool_forward_args{.x = x, .y = y});
        ASSERT_RUNS(device, oct_global_average_pool_backward_args{.dy = dy, .dx = dx});
        const std::vector<float> mean = device.read(y), part = device.read(dx);
        std::vector<float> means, parts(input.size());
        for (int64_t i = 0; i < shape[0] * channels; ++i) {
          float sum = 0;
          double exact = 0, magnitude = 0;
          const double share = at(gradient, i) / count;
          for (int64_t pixel = 0; pixel < pixels; ++pixel) {
            const int64_t from = (i / channels * pixels + pixel) * channels + i % channels;
            sum += input[static_cast<size_t>(from)];
            exact += at(input, from);
            magnitude += std::fabs(at(input, from));
            parts[static_cast<size_t>(from)] = gradient[static_cast<size_t>(i)] / static_cast<float>(pixels);
            expect_near("dx", static_cast<size_t>(from), share, at(part, from), std::fabs(share) * (rounding(GetParam()) + kUnit));
          }
          means.push_back(sum / static_cast<float>(pixels));
          // A sum of `pixels` terms in F32, then a division: each step rounds by 2^-24 of what is summed so far at most.
          expect_near("y", static_cast<size_t>(i), exact / count, at(mean, i),
                      (count + 1) * kUnit * magnitude / count + rounding(GetParam()) * std::fabs(exact / count));
        }
        EXPECT_EQ(mean, rounded(GetParam(), means));
        EXPECT_EQ(part, rounded(GetParam(), parts));
      }
    }
  }
}

TEST(GlobalAveragePoolRefuses, WhatDoesNotFit) {
  Device device;
  const oct_tensor x = device.empty(OCT_F32, {2, 3, 3, 5}), half = device.empty(OCT_BF16, {2, 5});
  const auto forward = [&](const std::vector<int64_t>& shape) {
    return bind(device, oct_global_average_pool_forward_args{.x = x, .y = device.empty(OCT_F32, shape)});
  };
  expect_invalid(forward({2, 5, 1}), {"global_average_pool_forward", "y has rank 3"});
  expect_invalid(forward({3, 5}), {"[3,5]", "axis 0 must be 2"});
  expect_invalid(forward({2, 4}), {"[2,4]", "axis 1 must be 5"});
  expect_invalid(bind(device, oct_global_average_pool_backward_args{.dy = half, .dx = x}), {"dy is bf16", "dx is f32"});
  expect_invalid(bind(device, oct_global_average_pool_backward_args{.dy = {}, .dx = x}), {"dy is missing"});
}

}  // namespace
}  // namespace oct::test
