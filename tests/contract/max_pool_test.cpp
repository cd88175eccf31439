#include "oracles/max_pool.h"

namespace oct::test {
namespace {

OCT_FOR_TYPES(MaxPool);

void expect_definition(oct_dtype dtype, const PoolShape& l, const std::vector<float>& input) {
  const Pooled expected = max_pool_forward(l, input);
  const std::vector<float> gradient = rounded(dtype, random_values(product(l.y()), 7));
  for (const int64_t first : {0, 1}) {
    for (const int32_t threads : thread_counts()) {
      SCOPED_TRACE("first " + std::to_string(first) + ", threads " + std::to_string(threads));
      Device device({first, threads});
      const oct_tensor x = device.of(dtype, l.x(), input), y = device.empty(dtype, l.y()), index = device.empty(OCT_U8, l.y());
      const oct_tensor dy = device.of(dtype, l.y(), gradient), dx = device.empty(dtype, l.x()), alone = device.empty(dtype, l.y());
      ASSERT_RUNS(device, oct_max_pool_forward_args{.x = x, .y = y, .index = index, .pool = l.pool});
      ASSERT_RUNS(device, oct_max_pool_forward_args{.x = x, .y = alone, .index = {}, .pool = l.pool});
      ASSERT_RUNS(device, oct_max_pool_backward_args{.dy = dy, .index = index, .dx = dx, .pool = l.pool});
      EXPECT_EQ(device.read_bytes(y), device.read_bytes(alone)) << "without an index";
      EXPECT_EQ(device.read_bytes(index), expected.index);
      const std::vector<float> best = device.read(y);
      for (size_t i = 0; i < best.size(); ++i) {
        ASSERT_TRUE(best[i] == expected.y[i] || (std::isnan(best[i]) && std::isnan(expected.y[i])))
            << i << ": " << best[i] << " and " << expected.y[i];
      }
      expect_pool_gradient(expected, dtype, gradient, device.read(dx));
    }
  }
}

TEST_P(MaxPool, MatchesTheDefinition) {
  for (const std::vector<int64_t>& line : shapes("max_pool", 7)) {
    SCOPED_TRACE(text_of(line));
    const PoolShape l = PoolShape::of(line);
    // Below zero: padding would win if it counted.
    expect_definition(GetParam(), l, rounded(GetParam(), random_values(product(l.x()), 3, -2, -1)));
  }
}

TEST_P(MaxPool, TheFirstOfEqualsAndTheFirstNanWin) {
  for (const std::vector<int64_t>& line : shapes("max_pool", 7)) {
    SCOPED_TRACE(text_of(line));
    const PoolShape l = PoolShape::of(line);
    std::vector<float> values = random_values(product(l.x()), 4, 0, 5);
    for (float& value : values) value = value < 0.5f ? NAN : value < 1.5f ? -INFINITY : std::floor(value) - 3;
    expect_definition(GetParam(), l, values);
  }
}

TEST(MaxPoolRefuses, WhatDoesNotFit) {
  Device device;
  const oct_tensor x = device.empty(OCT_F32, {1, 8, 8, 3}), y = device.empty(OCT_F32, {1, 4, 4, 3});
  const oct_tensor index = device.empty(OCT_U8, {1, 4, 4, 3});
  const oct_max_pool good{3, 2, 1};
  const auto forward = [&](const oct_tensor& places, const oct_max_pool& pool) {
    return bind(device, oct_max_pool_forward_args{.x = x, .y = y, .index = places, .pool = pool});
  };
  const auto backward = [&](const oct_tensor& places, const oct_max_pool& pool) {
    return bind(device, oct_max_pool_backward_args{.dy = y, .index = places, .dx = x, .pool = pool});
  };
  ASSERT_EQ(forward(index, good), OCT_OK) << oct_last_error();
  ASSERT_EQ(backward(index, good), OCT_OK) << oct_last_error();
  const auto refuse = [&](const oct_max_pool& pool, std::initializer_list<std::string> parts) {
    expect_invalid(forward(index, pool), parts);
    expect_invalid(backward(index, pool), parts);
  };
  refuse({0, 2, 1}, {"kernel is 0", "[1,15]"});
  refuse({16, 2, 1}, {"kernel is 16"});
  refuse({3, 0, 1}, {"stride is 0"});
  refuse({3, 2, 2}, {"padding is 2", "[0,1]"});
  refuse({3, 2, 3}, {"padding is 3", "[0,1]"});  // windows of padding alone
  refuse({1, 1, 1}, {"padding is 1", "[0,0]"});
  refuse({4, 1, 3}, {"padding is 3", "[0,2]"});
  refuse({3, 2, -1}, {"padding is -1"});
  refuse({3, 1, 1}, {"axis 1 must be 8", "(extent + 2 padding - kernel) / stride + 1"});
  refuse({11, 1, 0}, {"kernel 11", "must fit"});
  expect_invalid(forward(device.empty(OCT_F32, {1, 4, 4, 3}), good), {"index is f32", "u8"});
  expect_invalid(forward(device.empty(OCT_U8, {1, 4, 4, 2}), good), {"index has the shape [1,4,4,2]"});
  expect_invalid(backward({}, good), {"index is missing"});
}

}  // namespace
}  // namespace oct::test
