// The variants of the linear layer.
#include "../support/expect.h"

namespace oct::test {
namespace {

TEST(CudaLinear, AVariantRefusesTheOtherTypeWithTheReason) {
  Device device;
  EXPECT_EQ(device.variants("linear", "forward").size(), 2u);
  EXPECT_EQ(device.variants("linear", "backward_weight").size(), 2u);
  const oct_tensor x = device.empty(OCT_F32, {2, 3}), weight = device.empty(OCT_F32, {4, 3}), y = device.empty(OCT_F32, {2, 4});
  const oct_linear_forward_args args{.x = x, .weight = weight, .bias = {}, .y = y};
  device.use("linear_forward_mma");
  Call call(device);
  expect_refused(OCT_UNSUPPORTED, call.prepare(args), {"linear_forward_mma multiplies BF16"});
  device.use("linear_forward_simt");
  ASSERT_EQ(call.prepare(args), OCT_OK) << oct_last_error();
  EXPECT_EQ(call.variant(), "linear_forward_simt");
}

TEST(CudaVariants, AnUnknownNameIsRefused) {
  Device device;
  expect_invalid(oct_use_variant(device.context(), "no_such_variant"), {"no_such_variant"});
}

}  // namespace
}  // namespace oct::test
