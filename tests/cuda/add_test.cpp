#include "octothorpe/add.h"

#include "support.h"

namespace {

using namespace oct::test;

class Add : public testing::TestWithParam<oct_dtype> {};

TEST_P(Add, RoundsOnceAndWorksInPlace) {
  for (const std::vector<int64_t>& shape : shapes("add", "test")) {
    EmulatedDevice on;
    const int64_t count = shape[0] * shape[1] * shape[2] * shape[3];
    const std::vector<float> left = rounded(GetParam(), random_values(count, 1)), right = rounded(GetParam(), random_values(count, 2));
    const oct_tensor a = on.of(GetParam(), shape, left), b = on.of(GetParam(), shape, right), y = on.empty(GetParam(), shape);
    ASSERT_EQ(oct_add(on.context(), &a, &b, &y), OCT_OK) << oct_last_error();
    std::vector<float> sums(left.size());
    for (size_t i = 0; i < sums.size(); ++i) sums[i] = left[i] + right[i];
    EXPECT_EQ(on.read(y), rounded(GetParam(), sums));
    ASSERT_EQ(oct_add(on.context(), &a, &b, &a), OCT_OK) << oct_last_error();
    EXPECT_EQ(on.read_bytes(a), on.read_bytes(y));
    const oct_tensor again = on.of(GetParam(), shape, left);
    ASSERT_EQ(oct_add(on.context(), &again, &b, &b), OCT_OK) << oct_last_error();
    EXPECT_EQ(on.read_bytes(b), on.read_bytes(y));
  }
}

TEST_P(Add, TakesTensorsThatAreNotAligned) {
  EmulatedDevice on;
  const int64_t count = 1031;
  const std::vector<float> left = rounded(GetParam(), random_values(count, 1)), right = rounded(GetParam(), random_values(count, 2));
  oct_tensor a = on.of(GetParam(), {count}, left), b = on.of(GetParam(), {count}, right), y = on.empty(GetParam(), {count});
  const size_t bytes = bytes_of(GetParam());
  for (oct_tensor* tensor : {&a, &b, &y}) {
    tensor->data = static_cast<char*>(tensor->data) + bytes;
    tensor->shape[0] = count - 1;
  }
  ASSERT_EQ(oct_add(on.context(), &a, &b, &y), OCT_OK) << oct_last_error();
  std::vector<float> sums;
  for (size_t i = 1; i < left.size(); ++i) sums.push_back(left[i] + right[i]);
  EXPECT_EQ(on.read(y), rounded(GetParam(), sums));
}

INSTANTIATE_TEST_SUITE_P(Types, Add, testing::Values(OCT_F32, OCT_BF16));

}  // namespace
