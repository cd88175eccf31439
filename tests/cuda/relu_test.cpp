#include "octothorpe/relu.h"

#include <limits>

#include "support.h"

namespace {

using namespace oct::test;

// A view of the tensor's elements from `first` on, so that it is not 16-byte aligned.
oct_tensor shifted(const oct_tensor& tensor, int64_t first) {
  oct_tensor view = tensor;
  view.rank = 1;
  view.shape[0] = EmulatedDevice::count_of(tensor) - first;
  view.stride[0] = 1;
  view.data = static_cast<char*>(tensor.data) + static_cast<size_t>(first) * bytes_of(tensor.dtype);
  return view;
}

class Relu : public testing::TestWithParam<oct_dtype> {};

TEST_P(Relu, IsExactOnEveryShapeInPlaceAndUnaligned) {
  for (const std::vector<int64_t>& shape : shapes("relu", "test")) {
    for (const int64_t first : {0, 1}) {
      EmulatedDevice on;
      const int64_t count = shape[0] * shape[1] * shape[2] * shape[3] + first;
      std::vector<float> input = rounded(GetParam(), random_values(count, 1));
      const std::vector<float> gradient = rounded(GetParam(), random_values(count, 2));
      input.back() = std::numeric_limits<float>::quiet_NaN();
      if (count > 2) input[static_cast<size_t>(count) - 2] = -0.0f;
      const oct_tensor x = shifted(on.of(GetParam(), {count}, input), first), dy = shifted(on.of(GetParam(), {count}, gradient), first);
      const oct_tensor y = shifted(on.empty(GetParam(), {count}), first), dx = shifted(on.empty(GetParam(), {count}), first);
      ASSERT_EQ(oct_relu_forward(on.context(), &x, &y), OCT_OK) << oct_last_error();
      ASSERT_EQ(oct_relu_backward(on.context(), &y, &dy, &dx), OCT_OK) << oct_last_error();
      const std::vector<float> output = on.read(y), derivative = on.read(dx);
      for (size_t i = 0; i < output.size(); ++i) {
        const float value = input[i + static_cast<size_t>(first)];
        if (std::isnan(value)) {
          EXPECT_TRUE(std::isnan(output[i])) << i;
        } else {
          EXPECT_EQ(output[i], value > 0 ? value : 0.0f) << i;
        }
        EXPECT_EQ(derivative[i], value > 0 ? gradient[i + static_cast<size_t>(first)] : 0.0f) << i;
      }
      ASSERT_EQ(oct_relu_backward(on.context(), &y, &dy, &y), OCT_OK) << oct_last_error();
      EXPECT_EQ(on.read_bytes(y), on.read_bytes(dx));
      ASSERT_EQ(oct_relu_forward(on.context(), &x, &x), OCT_OK) << oct_last_error();
      ASSERT_EQ(oct_relu_backward(on.context(), &x, &dy, &dy), OCT_OK) << oct_last_error();
      EXPECT_EQ(on.read_bytes(dy), on.read_bytes(dx));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Types, Relu, testing::Values(OCT_F32, OCT_BF16));

}  // namespace
