#include "support/expect.h"

namespace oct::test {
namespace {

OCT_FOR_TYPES(Relu);

TEST_P(Relu, IsExactInAnyPlaceAndForAnyThreadCount) {
  for (const std::vector<int64_t>& shape : shapes("relu", 4)) {
    for (const int64_t first : {0, 1}) {
      for (const int32_t threads : thread_counts()) {
        SCOPED_TRACE(text_of(shape) + ", first " + std::to_string(first) + ", threads " + std::to_string(threads));
        Device device({first, threads});
        std::vector<float> input = rounded(GetParam(), random_values(product(shape), 1));
        const std::vector<float> gradient = rounded(GetParam(), random_values(product(shape), 2));
        input.back() = NAN;
        if (input.size() > 2) input[input.size() - 2] = -0.0f;
        const oct_tensor x = device.of(GetParam(), shape, input), dy = device.of(GetParam(), shape, gradient);
        const oct_tensor y = device.empty(GetParam(), shape), dx = device.empty(GetParam(), shape);
        ASSERT_RUNS(device, oct_relu_forward_args{.x = x, .y = y});
        ASSERT_RUNS(device, oct_relu_backward_args{.y = y, .dy = dy, .dx = dx});
        const std::vector<float> output = device.read(y), derivative = device.read(dx);
        for (size_t i = 0; i < output.size(); ++i) {
          if (std::isnan(input[i])) {
            EXPECT_TRUE(std::isnan(output[i])) << i;
          } else {
            EXPECT_EQ(output[i], input[i] > 0 ? input[i] : 0.0f) << i;
          }
          EXPECT_EQ(derivative[i], input[i] > 0 ? gradient[i] : 0.0f) << i;
        }
        const std::vector<uint8_t> y_bits = device.read_bytes(y);
        ASSERT_RUNS(device, oct_relu_backward_args{.y = y, .dy = dy, .dx = y});
        EXPECT_EQ(device.read_bytes(y), device.read_bytes(dx)) << "dx is y";
        ASSERT_RUNS(device, oct_relu_forward_args{.x = x, .y = x});
        EXPECT_EQ(device.read_bytes(x), y_bits) << "y is x";
        ASSERT_RUNS(device, oct_relu_backward_args{.y = x, .dy = dy, .dx = dy});
        EXPECT_EQ(device.read_bytes(dy), device.read_bytes(dx)) << "dx is dy";
      }
    }
  }
}

}  // namespace
}  // namespace oct::test
