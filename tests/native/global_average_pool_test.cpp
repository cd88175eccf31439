// Mean over H and W: values against double, refusals, and the same bits for every number of threads.
#include "octothorpe/global_average_pool.h"

#include "support.h"

namespace {

using test::Context;
using test::expect_refused;
using test::random_values;
using test::Tensor;

class GlobalAveragePool : public testing::TestWithParam<std::tuple<oct_dtype, std::vector<int64_t>>> {};

TEST_P(GlobalAveragePool, MatchesDoubleForAnyThreadCount) {
  const auto& [dtype, shape] = GetParam();
  const int64_t images = shape[0], pixels = shape[1] * shape[2], channels = shape[3];
  Tensor x(dtype, shape), dy(dtype, {images, channels});
  x.set(random_values(x.count(), 1));
  dy.set(random_values(dy.count(), 2));
  Tensor y(dtype, {images, channels}), dx(dtype, shape);
  ASSERT_EQ(OCT_OK, oct_global_average_pool_forward(Context(1), x, y)) << oct_last_error();
  ASSERT_EQ(OCT_OK, oct_global_average_pool_backward(Context(1), dy, dx)) << oct_last_error();
  // Rounding the result: half a unit in the last place, 2^-24 or 2^-8 of its size.
  const double rounding = dtype == OCT_F32 ? 0x1p-24 : 0x1p-8;
  for (int64_t n = 0; n < images; ++n) {
    for (int64_t c = 0; c < channels; ++c) {
      double sum = 0, magnitude = 0;
      for (int64_t i = 0; i < pixels; ++i) {
        const size_t at = static_cast<size_t>((n * pixels + i) * channels + c);
        const double value = static_cast<double>(x.at(at));
        sum += value;
        magnitude += std::fabs(value);
        const double gradient = static_cast<double>(dy.at(static_cast<size_t>(n * channels + c))) / static_cast<double>(pixels);
        ASSERT_NEAR(gradient, dx.at(at), std::fabs(gradient) * (rounding + 0x1p-24));
      }
      const double count = static_cast<double>(pixels), mean = sum / count;
      // A sum of `pixels` terms in F32, then a division: each step rounds by 2^-24 of what is summed so far at most.
      ASSERT_NEAR(mean, y.at(static_cast<size_t>(n * channels + c)),
                  (count + 1) * 0x1p-24 * magnitude / count + rounding * std::fabs(mean));
    }
  }
  for (const int32_t threads : {2, 3}) {
    Tensor y2(dtype, {images, channels}), dx2(dtype, shape);
    ASSERT_EQ(OCT_OK, oct_global_average_pool_forward(Context(threads), x, y2));
    ASSERT_EQ(OCT_OK, oct_global_average_pool_backward(Context(threads), dy, dx2));
    EXPECT_TRUE(y.same_bits(y2)) << threads << " threads";
    EXPECT_TRUE(dx.same_bits(dx2)) << threads << " threads";
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, GlobalAveragePool,
                         testing::Combine(testing::Values(OCT_F32, OCT_BF16),
                                          testing::ValuesIn(test::shape_lines("global_average_pool", "test", 4))));

TEST(GlobalAveragePoolRefuses, WhatDoesNotFit) {
  Context context(1);
  Tensor x(OCT_F32, {2, 3, 3, 5}), y(OCT_F32, {2, 5}), rank(OCT_F32, {2, 5, 1}), images(OCT_F32, {3, 5}), channels(OCT_F32, {2, 4}),
      bf16(OCT_BF16, {2, 5});
  expect_refused(OCT_INVALID_ARGUMENT, oct_global_average_pool_forward(context, x, rank), {"global_average_pool_forward", "y has rank 3"});
  expect_refused(OCT_INVALID_ARGUMENT, oct_global_average_pool_forward(context, x, images), {"[3,5]", "axis 0 must be 2"});
  expect_refused(OCT_INVALID_ARGUMENT, oct_global_average_pool_forward(context, x, channels), {"[2,4]", "axis 1 must be 5"});
  expect_refused(OCT_INVALID_ARGUMENT, oct_global_average_pool_backward(context, bf16, x), {"dy is bf16", "dx is f32"});
  expect_refused(OCT_INVALID_ARGUMENT, oct_global_average_pool_backward(context, nullptr, x), {"dy is null"});
}

}  // namespace
