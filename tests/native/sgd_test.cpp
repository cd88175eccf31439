// The optimiser's step: values against double, refusals, and the same bits for every number of threads.
#include "octothorpe/sgd.h"

#include "support.h"

namespace {

using test::Context;
using test::expect_refused;
using test::random_values;
using test::Tensor;

class Sgd : public testing::TestWithParam<std::tuple<int32_t, int32_t, std::vector<int64_t>>> {};

TEST_P(Sgd, ThreeStepsMatchDoubleForAnyThreadCount) {
  const auto& [nesterov, threads, line] = GetParam();
  const int64_t n = line[0], segments = line[1];
  Tensor ends(OCT_I64, {segments}), decay(OCT_F32, {segments});
  for (int64_t s = 0; s < segments; ++s) {
    ends.as<int64_t>()[s] = n * (s + 1) / segments;
    decay.as<float>()[s] = s % 2 == 0 ? 0.01f : 0.0f;
  }
  Tensor parameter(OCT_F32, {n}, random_values(n, 1)), buffer(OCT_F32, {n}), rounded(OCT_BF16, {n});  // buffer: NaN at first
  Tensor other(OCT_F32, {n}, parameter.values()), other_buffer(OCT_F32, {n});
  const size_t count = static_cast<size_t>(n);
  std::vector<double> exact(count), velocity(count), bound(count), velocity_bound(count);
  for (size_t i = 0; i < count; ++i) exact[i] = static_cast<double>(parameter.at(i));

  for (int step = 0; step < 3; ++step) {
    const oct_sgd sgd{0.1f / static_cast<float>(1 + step), 0.9f, nesterov, step == 0, 0.5f};
    Tensor gradient(OCT_F32, {n}, random_values(n, static_cast<uint64_t>(10 + step)));
    ASSERT_EQ(OCT_OK, oct_sgd_step(Context(threads), &sgd, parameter, gradient, buffer, rounded, ends, decay)) << oct_last_error();
    ASSERT_EQ(OCT_OK, oct_sgd_step(Context(1), &sgd, other, gradient, other_buffer, nullptr, ends, decay)) << oct_last_error();
    const double rate = static_cast<double>(sgd.learning_rate), momentum = static_cast<double>(sgd.momentum);
    for (size_t i = 0, s = 0; i < count; ++i) {
      while (static_cast<int64_t>(i) >= ends.as<int64_t>()[s]) ++s;
      const double g = 0.5 * static_cast<double>(gradient.at(i)) + static_cast<double>(decay.at(s)) * exact[i];
      velocity[i] = step == 0 ? g : momentum * velocity[i] + g;
      const double direction = nesterov != 0 ? g + momentum * velocity[i] : velocity[i];
      exact[i] -= rate * direction;
      // Four roundings make the buffer, three more the parameter, each 2^-24 of a value that the sums of magnitudes bound; the
      // errors of the step before carry on with the factors of the formula.
      const double u = 0x1p-24, size = std::fabs(g) + 2 * std::fabs(velocity[i]) + std::fabs(exact[i]) + 1;
      velocity_bound[i] = momentum * velocity_bound[i] + 0.01 * bound[i] + 4 * u * size;
      bound[i] += rate * 2 * velocity_bound[i] + 3 * u * size;
      ASSERT_NEAR(velocity[i], buffer.at(i), velocity_bound[i]) << "buffer " << i << ", step " << step;
      ASSERT_NEAR(exact[i], parameter.at(i), bound[i]) << "parameter " << i << ", step " << step;
      ASSERT_EQ(test::float_to_bf16(parameter.at(i)), rounded.as<uint16_t>()[i]) << i;
    }
  }
  EXPECT_TRUE(parameter.same_bits(other) && buffer.same_bits(other_buffer)) << threads << " threads against 1";
}

INSTANTIATE_TEST_SUITE_P(Shapes, Sgd,
                         testing::Combine(testing::Values(0, 1), testing::Values(1, 2, 3),
                                          testing::ValuesIn(test::shape_lines("sgd", "test", 2))));

TEST(SgdTakes, EmptySegments) {
  Tensor p(OCT_F32, {3}, {1, 2, 3}), g(OCT_F32, {3}, {1, 1, 1}), b(OCT_F32, {3}), ends(OCT_I64, {4}, {0, 2, 2, 3}),
      decay(OCT_F32, {4}, {9, 0, 9, 1});
  const oct_sgd sgd{0.5f, 0, 0, 1, 1};
  ASSERT_EQ(OCT_OK, oct_sgd_step(Context(1), &sgd, p, g, b, nullptr, ends, decay)) << oct_last_error();
  EXPECT_EQ((std::vector<float>{0.5f, 1.5f, 1}), p.values());
}

TEST(SgdRefuses, WhatDoesNotFit) {
  Context context(1);
  Tensor p(OCT_F32, {4}, {1, 2, 3, 4}), g(OCT_F32, {4}, {1, 1, 1, 1}), b(OCT_F32, {4}, {0, 0, 0, 0}), ends(OCT_I64, {2}, {2, 4}),
      decay(OCT_F32, {2}, {0, 0.1f});
  const oct_sgd good{0.1f, 0.9f, 1, 0, 1};
  const std::vector<float> before = p.values();
  const auto refuse = [&](const oct_sgd* sgd, const oct_tensor* last, const oct_tensor* rates, std::initializer_list<const char*> parts) {
    expect_refused(OCT_INVALID_ARGUMENT, oct_sgd_step(context, sgd, p, g, b, nullptr, last, rates), parts);
  };
  oct_sgd sgd = good;
  sgd.learning_rate = NAN;
  refuse(&sgd, ends, decay, {"learning_rate is nan"});
  sgd = good;
  sgd.learning_rate = -1;
  refuse(&sgd, ends, decay, {"learning_rate is -1", ">= 0"});
  sgd = good;
  sgd.momentum = 1;
  refuse(&sgd, ends, decay, {"momentum is 1", "[0,1)"});
  sgd = good;
  sgd.gradient_scale = INFINITY;
  refuse(&sgd, ends, decay, {"gradient_scale is inf"});
  refuse(nullptr, ends, decay, {"parameters are null"});
  refuse(&good, Tensor(OCT_I64, {2}, {2, 5}), decay, {"segment_ends is 5", "4"});
  refuse(&good, Tensor(OCT_I64, {2}, {5, 4}), decay, {"segment_ends[1] is 4"});
  refuse(&good, Tensor(OCT_I64, {2}, {-1, 4}), decay, {"segment_ends[0] is -1"});
  refuse(&good, ends, Tensor(OCT_F32, {2}, {0, -0.5f}), {"segment_decay[1] is -0.5"});
  refuse(&good, ends, Tensor(OCT_F32, {3}, {0, 0, 0}), {"segment_decay has the shape [3]"});
  expect_refused(OCT_INVALID_ARGUMENT, oct_sgd_step(context, &good, p, p, b, nullptr, ends, decay), {"gradient overlaps parameter"});
  expect_refused(OCT_INVALID_ARGUMENT, oct_sgd_step(context, &good, p, g, b, g, ends, decay), {"parameter_bf16 is f32"});
  EXPECT_EQ(before, p.values());
}

}  // namespace
