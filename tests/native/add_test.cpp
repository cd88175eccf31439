// Element-wise sum: values, aliasing, refusals, and the same bits for every number of threads.
#include "octothorpe/add.h"

#include "support.h"

namespace {

using test::Context;
using test::expect_refused;
using test::random_values;
using test::Tensor;

class Add : public testing::TestWithParam<std::tuple<oct_dtype, std::vector<int64_t>>> {};

TEST_P(Add, IsTheRoundedSumInAnyPlaceAndForAnyThreadCount) {
  const auto& [dtype, shape] = GetParam();
  Tensor a(dtype, shape), b(dtype, shape);
  a.set(random_values(a.count(), 1));
  b.set(random_values(b.count(), 2));
  b.set(0, INFINITY);
  Tensor expected(dtype, shape);
  for (size_t i = 0; i < static_cast<size_t>(a.count()); ++i) expected.set(i, a.at(i) + b.at(i));
  for (const int32_t threads : {1, 2, 3}) {
    Context context(threads);
    Tensor y(dtype, shape), left(dtype, shape, a.values()), right(dtype, shape, b.values());
    ASSERT_EQ(OCT_OK, oct_add(context, a, b, y)) << oct_last_error();
    EXPECT_TRUE(expected.same_bits(y)) << threads << " threads";
    ASSERT_EQ(OCT_OK, oct_add(context, left, b, left)) << oct_last_error();
    EXPECT_TRUE(expected.same_bits(left)) << "y = a";
    ASSERT_EQ(OCT_OK, oct_add(context, a, right, right)) << oct_last_error();
    EXPECT_TRUE(expected.same_bits(right)) << "y = b";
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, Add,
                         testing::Combine(testing::Values(OCT_F32, OCT_BF16), testing::ValuesIn(test::shape_lines("add", "test", 4))));

TEST(AddRefuses, WhatDoesNotFit) {
  Context context(1);
  Tensor a(OCT_F32, {2, 3}), b(OCT_F32, {3, 2}), bf16(OCT_BF16, {2, 3}), y(OCT_F32, {2, 3});
  expect_refused(OCT_INVALID_ARGUMENT, oct_add(context, a, b, y), {"add", "b has the shape [3,2]"});
  expect_refused(OCT_INVALID_ARGUMENT, oct_add(context, a, a, bf16), {"y is bf16", "a is f32"});
  expect_refused(OCT_INVALID_ARGUMENT, oct_add(context, a, nullptr, y), {"b is null"});
  Tensor array(OCT_F32, {8});
  oct_tensor low = array.view(), high = array.view();
  low.shape[0] = high.shape[0] = 7;
  high.data = array.as<float>() + 1;
  expect_refused(OCT_INVALID_ARGUMENT, oct_add(context, &low, &low, &high), {"y overlaps a"});
}

}  // namespace
