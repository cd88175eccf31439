// Binding and running calls: what is refused, by name, whatever the operation.
#include "support/expect.h"
#include "support/samples.h"

namespace oct::test {
namespace {

TEST(Calls, NullIsAllowedWhereItIsHarmless) {
  oct_call_destroy(nullptr);
  EXPECT_EQ(oct_call_workspace(nullptr), 0u);
  EXPECT_STREQ(oct_call_variant(nullptr), "");
  expect_invalid(oct_call_bind(nullptr, nullptr, 0, nullptr, 0), {"bind: the call is null"});
  expect_invalid(oct_call_run(nullptr), {"run: the call is null"});
}

TEST(Calls, AreNotRunBeforeTheyAreBound) {
  Device device;
  each_supported([&](const OperationName& operation, auto zeroed) {
    const auto args = sample<decltype(zeroed)>(device, 1);
    Call call(device);
    ASSERT_EQ(call.prepare(args), OCT_OK) << oct_last_error();
    const std::string refusal = operation.name + ": the call is run before it is bound to memory";
    expect_invalid(call.run(), {refusal});
    ASSERT_EQ(call.bind(addresses_of(args)), OCT_OK) << oct_last_error();
    // A binding that is refused leaves none.
    EXPECT_EQ(call.bind({}), OCT_INVALID_ARGUMENT);
    expect_invalid(call.run(), {refusal});
    ASSERT_EQ(call.bind(addresses_of(args)), OCT_OK) << oct_last_error();
    EXPECT_EQ(call.run(), OCT_OK) << oct_last_error();
  });
}

TEST(Calls, WantOneAddressPerTensor) {
  Device device;
  each_supported([&](const OperationName& operation, auto zeroed) {
    const auto args = sample<decltype(zeroed)>(device, 1);
    Call call(device);
    ASSERT_EQ(call.prepare(args), OCT_OK) << oct_last_error();
    const std::vector<void*> good = addresses_of(args);
    std::vector<void*> addresses = good;
    addresses.push_back(good[0]);
    const std::string rule = "there must be " + std::to_string(good.size()) + ": " + operation.tensors[0];
    expect_invalid(call.bind(addresses), {operation.name + ": " + std::to_string(good.size() + 1) + " addresses are given", rule});
    addresses.resize(good.size() - 1);
    expect_invalid(call.bind(addresses), {operation.name + ": " + std::to_string(good.size() - 1) + " addresses are given", rule});
    expect_invalid(oct_call_bind(call.get(), nullptr, static_cast<int32_t>(good.size()), nullptr, 0), {operation.name + ": 0 addresses"});
    for (size_t i = 0; i < good.size(); ++i) {
      addresses = good;
      addresses[i] = nullptr;
      expect_invalid(call.bind(addresses), {operation.name + ": the address of " + operation.tensors[i] + " is null"});
    }
  });
}

TEST(Calls, WantNoAddressOfAnAbsentTensor) {
  Device device;
  auto args = sample<oct_linear_forward_args>(device, 1);
  const std::vector<void*> with_bias = addresses_of(args);
  args.bias = {};
  Call call(device);
  ASSERT_EQ(call.prepare(args), OCT_OK) << oct_last_error();
  expect_invalid(call.bind(with_bias), {"linear_forward: bias has an address, but was prepared as absent"});
  EXPECT_EQ(call.bind(addresses_of(args)), OCT_OK) << oct_last_error();
}

TEST(Calls, WantTheirWorkspace) {
  Device device;
  int wanting = 0;
  each_supported([&](const OperationName& operation, auto zeroed) {
    const auto args = sample<decltype(zeroed)>(device, 1);
    Call call(device);
    ASSERT_EQ(call.prepare(args), OCT_OK) << oct_last_error();
    const std::vector<void*> addresses = addresses_of(args);
    const size_t needed = call.workspace();
    if (needed == 0) {
      EXPECT_EQ(call.bind(addresses, nullptr, 0), OCT_OK) << oct_last_error();
      return;
    }
    ++wanting;
    const std::string small =
        operation.name + ": the workspace has " + std::to_string(needed - 1) + " bytes, but " + std::to_string(needed) + " are needed";
    expect_invalid(call.bind(addresses, call.scratch(), needed - 1), {small});
    expect_invalid(call.bind(addresses, nullptr, needed), {operation.name + ": the workspace is null"});
    char* unaligned = static_cast<char*>(device.scratch(needed + 64)) + 4;
    expect_invalid(call.bind(addresses, unaligned, needed), {operation.name + ": the workspace is not 64-byte aligned"});
    EXPECT_EQ(call.bind(addresses, unaligned + 60, needed), OCT_OK) << oct_last_error();
    EXPECT_EQ(call.run(), OCT_OK) << oct_last_error();
  });
  EXPECT_GT(wanting, 0);
}

/// An output that begins at the last element of another tensor. The addresses, far from each other, are only compared.
TEST(Calls, RefuseTensorsThatOverlapInPart) {
  each_supported([&](const OperationName& operation, auto zeroed) {
    Device device;
    auto args = sample<decltype(zeroed)>(device, 1);
    const size_t count = operation.tensors.size();
    std::vector<std::vector<uint8_t>> before;
    for (size_t i = 0; i < count; ++i) before.push_back(device.read_bytes(*tensor_at(&args, i)));
    ASSERT_RUNS(device, args);
    Call call(device);
    ASSERT_EQ(call.prepare(args), OCT_OK) << oct_last_error();
    for (size_t output = 0; output < count; ++output) {
      if (device.read_bytes(*tensor_at(&args, output)) == before[output]) continue;
      for (size_t other = 0; other < count; ++other) {
        const oct_tensor& tensor = *tensor_at(&args, other);
        if (other == output || count_of(tensor) == 1) continue;
        std::vector<void*> addresses(count);
        for (size_t i = 0; i < count; ++i) addresses[i] = reinterpret_cast<void*>((i + 1) << 32);
        addresses[output] = static_cast<char*>(addresses[other]) + static_cast<size_t>(count_of(tensor) - 1) * oct::bytes_of(tensor.dtype);
        SCOPED_TRACE(operation.tensors[output] + " over " + operation.tensors[other]);
        expect_invalid(call.bind(addresses), {operation.name + ": ", operation.tensors[output], "overlaps", operation.tensors[other]});
      }
    }
  });
}

TEST(Calls, NameTheirVariant) {
  Device device;
  each_supported([&](const OperationName& operation, auto zeroed) {
    Call call(device);
    ASSERT_EQ(call.prepare(sample<decltype(zeroed)>(device, 1)), OCT_OK) << oct_last_error();
    if (on_cpu()) {
      EXPECT_EQ(call.variant(), "");
    }
    if (operation.name.rfind("grouped_conv", 0) == 0 && !on_cpu()) {
      EXPECT_NE(call.variant(), "");
    }
  });
}

/// Several calls of one context live side by side, each with its own memory.
TEST(Calls, LiveSideBySide) {
  Device device;
  const auto one = sample<oct_grouped_conv_forward_args>(device, 1), two = sample<oct_grouped_conv_forward_args>(device, 2);
  const auto expected = sample<oct_grouped_conv_forward_args>(device, 1);
  ASSERT_RUNS(device, expected);
  Call first(device), second(device);
  ASSERT_EQ(first.prepare(one), OCT_OK) << oct_last_error();
  ASSERT_EQ(second.prepare(two), OCT_OK) << oct_last_error();
  ASSERT_EQ(first.bind(addresses_of(one)), OCT_OK) << oct_last_error();
  ASSERT_EQ(second.bind(addresses_of(two)), OCT_OK) << oct_last_error();
  ASSERT_EQ(second.run(), OCT_OK) << oct_last_error();
  ASSERT_EQ(first.run(), OCT_OK) << oct_last_error();
  EXPECT_EQ(device.read(one.y), device.read(expected.y));
}

/// The rules that every operation shares, on one of them.
TEST(Checks, NameTheRuleThatIsBroken) {
  Device device;
  const oct_tensor x = device.empty(OCT_F32, {2, 3}), y = device.empty(OCT_F32, {2, 3});
  const auto relu = [&](const oct_tensor& from, const oct_tensor& to) { return bind(device, oct_relu_forward_args{.x = from, .y = to}); };
  expect_invalid(relu(x, device.empty(OCT_F32, {2, 4})), {"y has the shape [2,4]", "[2,3]"});
  expect_invalid(relu(x, device.empty(OCT_BF16, {2, 3})), {"y is bf16", "x is f32"});
  expect_invalid(relu(device.empty(OCT_U8, {2, 3}), y), {"x is u8", "f32 or bf16"});
  oct_tensor bad = x;
  bad.dtype = 77;
  expect_invalid(relu(bad, y), {"unknown type 77"});
  bad = x;
  bad.rank = 5;
  expect_invalid(relu(bad, y), {"rank 5", "1 to 4"});
  bad = x;
  bad.shape[0] = 0;
  expect_invalid(relu(bad, y), {"[0,3]", ">= 1"});
  bad = x;
  bad.shape[0] = INT64_MAX;
  expect_invalid(relu(bad, y), {"2^46"});
  bad = x;
  bad.stride[0] = 4;
  expect_invalid(relu(bad, y), {"stride 4 on axis 0", "dense"});
  bad = x;
  bad.data = nullptr;
  expect_invalid(relu(bad, y), {"the address of x is null"});
  expect_invalid(relu(view_of(x, {1, 3}), view_of(x, {1, 3}, 1)), {"overlaps"});
}

}  // namespace
}  // namespace oct::test
