// Tensors without an element: every operation refuses them by name, on this device as on the CPU, before a kernel sees them.
#include "octothorpe/add.h"
#include "octothorpe/batch_norm.h"
#include "octothorpe/convert.h"
#include "octothorpe/global_average_pool.h"
#include "octothorpe/grouped_conv.h"
#include "octothorpe/linear.h"
#include "octothorpe/linear_softmax.h"
#include "octothorpe/max_pool.h"
#include "octothorpe/relu.h"
#include "octothorpe/sgd.h"
#include "octothorpe/sigmoid_cross_entropy.h"
#include "octothorpe/softmax_cross_entropy.h"
#include "support.h"

namespace oct::test {
namespace {

class EmptyTensors : public testing::Test {
 protected:
  /// Memory for one element, of no extent along one axis.
  oct_tensor none(std::vector<int64_t> shape, size_t axis) {
    oct_tensor tensor = on_.empty(OCT_F32, std::vector<int64_t>(shape.size(), 1));
    for (size_t i = 0; i < shape.size(); ++i) tensor.shape[i] = i == axis ? 0 : shape[i];
    return tensor;
  }

  static void expect_refused(oct_status status, const std::string& text) {
    EXPECT_EQ(status, OCT_INVALID_ARGUMENT);
    EXPECT_NE(std::string(oct_last_error()).find(text), std::string::npos) << oct_last_error();
    EXPECT_NE(std::string(oct_last_error()).find("; every extent must be >= 1"), std::string::npos) << oct_last_error();
  }

  EmulatedDevice on_;
  oct_context* c_ = on_.context();
};

TEST_F(EmptyTensors, OfPointwiseOperations) {
  for (size_t axis = 0; axis < 4; ++axis) {
    const oct_tensor x = none({2, 2, 2, 2}, axis);
    std::string shape = "[2,2,2,2]";
    shape[1 + 2 * axis] = '0';
    expect_refused(oct_relu_forward(c_, &x, &x), "relu_forward: x has the shape " + shape);
    expect_refused(oct_add(c_, &x, &x, &x), "add: a has the shape " + shape);
    expect_refused(oct_convert(c_, &x, &x), "convert: x has the shape " + shape);
    expect_refused(oct_global_average_pool_forward(c_, &x, &x), "global_average_pool_forward: x has the shape " + shape);
    const oct_max_pool pool{2, 2, 0};
    expect_refused(oct_max_pool_forward(c_, &pool, &x, &x, nullptr), "max_pool_forward: x has the shape " + shape);
    size_t bytes = 0;
    expect_refused(oct_batch_norm_workspace(c_, &x, &bytes), "batch_norm_workspace: x has the shape " + shape);
  }
  const oct_tensor none_of_one = none({0}, 0);
  const oct_sgd sgd{0.1f, 0.9f, 0, 1, 1};
  expect_refused(oct_sgd_step(c_, &sgd, &none_of_one, &none_of_one, &none_of_one, nullptr, &none_of_one, &none_of_one),
                 "sgd_step: parameter has the shape [0]");
}

TEST_F(EmptyTensors, OfConvolutionsAndLinearLayers) {
  size_t bytes = 0;
  const oct_grouped_conv conv{1, 1, 1, 1, 1, 1, 1};
  const oct_tensor x = none({0, 2, 2, 4}, 0), weight = on_.empty(OCT_F32, {4, 3, 3, 4}), y = none({0, 2, 2, 4}, 0);
  expect_refused(oct_grouped_conv_workspace(c_, OCT_FORWARD, &conv, &x, &weight, &y, &bytes), "x has the shape [0,2,2,4]");
  expect_refused(oct_grouped_conv_forward(c_, &conv, &x, &weight, nullptr, &y, nullptr, 0),
                 "grouped_conv_forward: x has the shape [0,2,2,4]");
  const oct_tensor row = none({2, 3}, 0), classes = none({5, 3}, 0), square = on_.empty(OCT_F32, {2, 3});
  expect_refused(oct_linear_workspace(c_, OCT_FORWARD, &row, &square, &square, &bytes), "x has the shape [0,3]");
  expect_refused(oct_linear_forward(c_, &square, &classes, nullptr, &square, nullptr, 0), "linear_forward: weight has the shape [0,3]");
  expect_refused(oct_linear_softmax_workspace(c_, &row, &square, 0, &bytes), "x has the shape [0,3]");
}

TEST_F(EmptyTensors, OfLosses) {
  const oct_tensor offsets = on_.of_integers<int32_t>(OCT_I32, {1}, {0}), labels = on_.of_integers<int32_t>(OCT_I32, {1}, {0});
  const oct_tensor loss = on_.empty(OCT_F32, {1});
  for (const auto call : {oct_softmax_cross_entropy, oct_sigmoid_cross_entropy}) {
    const oct_tensor rows = none({0, 3}, 0), classes = none({1, 0}, 1);
    expect_refused(call(c_, &rows, &offsets, &labels, 1, &loss, nullptr), "logits has the shape [0,3]");
    expect_refused(call(c_, &classes, &offsets, &labels, 1, &loss, nullptr), "logits has the shape [1,0]");
  }
}

}  // namespace
}  // namespace oct::test
