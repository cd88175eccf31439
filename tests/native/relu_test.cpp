// ReLU: values, aliasing, refusals, and the same bits for every number of threads.
#include "octothorpe/relu.h"

#include "support.h"

namespace {

using test::Context;
using test::random_values;
using test::Tensor;

class Relu : public testing::TestWithParam<std::tuple<oct_dtype, std::vector<int64_t>>> {};

TEST_P(Relu, ForwardAndBackwardMatchTheDefinition) {
  const auto& [dtype, shape] = GetParam();
  const int64_t n = shape[0] * shape[1] * shape[2] * shape[3];
  Tensor x(dtype, {n}, random_values(n, 1)), dy(dtype, {n}, random_values(n, 2)), y(dtype, {n}), dx(dtype, {n});
  x.set(0, NAN);
  if (n > 2) x.set(2, -0.0f);
  Context context(2);
  ASSERT_EQ(OCT_OK, oct_relu_forward(context, x, y)) << oct_last_error();
  ASSERT_EQ(OCT_OK, oct_relu_backward(context, y, dy, dx)) << oct_last_error();
  EXPECT_TRUE(std::isnan(y.at(0)));
  for (size_t i = 1; i < static_cast<size_t>(n); ++i) {
    ASSERT_EQ(x.at(i) < 0 ? 0.0f : x.at(i), y.at(i)) << i;
    ASSERT_EQ(y.at(i) > 0 ? dy.at(i) : 0.0f, dx.at(i)) << i;
  }
}

TEST_P(Relu, InPlaceAndAnyThreadCountGiveTheSameBits) {
  const auto& [dtype, shape] = GetParam();
  const int64_t n = shape[0] * shape[1] * shape[2] * shape[3];
  const Tensor x(dtype, {n}, random_values(n, 3));
  Tensor expected(dtype, {n});
  ASSERT_EQ(OCT_OK, oct_relu_forward(Context(1), x, expected));
  for (const int32_t threads : {1, 2, 3, 8}) {
    Tensor in_place(dtype, {n}, x.values());
    ASSERT_EQ(OCT_OK, oct_relu_forward(Context(threads), in_place, in_place)) << oct_last_error();
    EXPECT_TRUE(expected.same_bits(in_place)) << threads << " threads";
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, Relu,
                         testing::Combine(testing::Values(OCT_F32, OCT_BF16), testing::ValuesIn(test::shape_lines("relu", "test", 4))));

}  // namespace
