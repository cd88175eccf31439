#include "support/expect.h"

namespace oct::test {
namespace {

OCT_FOR_TYPES(Add);

TEST_P(Add, RoundsOnceInAnyPlaceAndForAnyThreadCount) {
  for (const std::vector<int64_t>& shape : shapes("add", 4)) {
    for (const int64_t first : {0, 1}) {
      for (const int32_t threads : thread_counts()) {
        SCOPED_TRACE(text_of(shape) + ", first " + std::to_string(first) + ", threads " + std::to_string(threads));
        Device device({first, threads});
        std::vector<float> left = rounded(GetParam(), random_values(product(shape), 1));
        const std::vector<float> right = rounded(GetParam(), random_values(product(shape), 2));
        left[0] = INFINITY;
        std::vector<float> sums(left.size());
        for (size_t i = 0; i < sums.size(); ++i) sums[i] = left[i] + right[i];
        sums = rounded(GetParam(), sums);
        const oct_tensor a = device.of(GetParam(), shape, left), b = device.of(GetParam(), shape, right);
        const oct_tensor y = device.empty(GetParam(), shape), again = device.of(GetParam(), shape, left);
        ASSERT_RUNS(device, oct_add_args{.a = a, .b = b, .y = y});
        EXPECT_EQ(device.read(y), sums);
        ASSERT_RUNS(device, oct_add_args{.a = a, .b = b, .y = a});
        EXPECT_EQ(device.read(a), sums) << "y is a";
        ASSERT_RUNS(device, oct_add_args{.a = again, .b = b, .y = b});
        EXPECT_EQ(device.read(b), sums) << "y is b";
      }
    }
  }
}

TEST(AddRefuses, WhatDoesNotFit) {
  Device device;
  const oct_tensor a = device.empty(OCT_F32, {2, 3}), b = device.empty(OCT_F32, {3, 2}), half = device.empty(OCT_BF16, {2, 3});
  const oct_tensor y = device.empty(OCT_F32, {2, 3}), array = device.empty(OCT_F32, {8});
  expect_invalid(bind(device, oct_add_args{.a = a, .b = b, .y = y}), {"add", "b has the shape [3,2]"});
  expect_invalid(bind(device, oct_add_args{.a = a, .b = a, .y = half}), {"y is bf16", "a is f32"});
  expect_invalid(bind(device, oct_add_args{.a = a, .b = {}, .y = y}), {"b is missing"});
  const oct_tensor low = view_of(array, {7}), high = view_of(array, {7}, 1);
  expect_invalid(bind(device, oct_add_args{.a = low, .b = low, .y = high}), {"y overlaps a"});
}

}  // namespace
}  // namespace oct::test
