// What holds for every operation of operations.h.
#include "support/expect.h"
#include "support/samples.h"

namespace oct::test {
namespace {

TEST(EveryOperation, IsThereOrUnsupportedByName) {
  Device device;
  each_operation([&](const OperationName& operation, auto args) {
    Call call(device);
    if (operation.supported()) {
      expect_invalid(call.prepare(args), {operation.name + ": "});  // zeroed arguments
      using Args = decltype(args);
      EXPECT_EQ(call.prepare(sample<Args>(device, 1)), OCT_OK) << oct_last_error();
    } else {
      expect_refused(OCT_UNSUPPORTED, call.prepare(args), {operation.name + ": the device " + device_name() + " has no kernel for it"});
    }
  });
}

TEST(EveryOperation, IsUnsupportedOnADeviceWithoutKernels) {
  oct_device_table table = *chosen_device().table;
  table.name = "bare";
#define OCT_OPERATION(operation, devices, tensors) table.operation = nullptr;
#include "octothorpe/operations.h"
#undef OCT_OPERATION
  oct_context* context = nullptr;
  ASSERT_EQ(oct_context_create(&table, chosen_device().ordinal, 1, &context), OCT_OK) << oct_last_error();
  each_operation([&](const OperationName& operation, auto args) {
    oct_call* call = nullptr;
    expect_refused(OCT_UNSUPPORTED, prepare(context, args, &call), {operation.name + ": the device bare has no kernel for it"});
    EXPECT_EQ(call, nullptr);
  });
  EXPECT_EQ(oct_context_destroy(context), OCT_OK);
}

TEST(EveryOperation, RefusesWhatIsNull) {
  Device device;
#define OCT_OPERATION(name, devices, tensors)                                                                       \
  {                                                                                                                 \
    oct_call* call = nullptr;                                                                                       \
    const oct_##name##_args args{};                                                                                 \
    expect_invalid(oct_##name##_prepare(nullptr, &args, &call), {#name ": the context is null"});                   \
    expect_invalid(oct_##name##_prepare(device.context(), nullptr, &call), {#name ": the arguments are null"});     \
    expect_invalid(oct_##name##_prepare(device.context(), &args, nullptr), {#name ": the output pointer is null"}); \
    EXPECT_EQ(call, nullptr);                                                                                       \
  }
#include "octothorpe/operations.h"
#undef OCT_OPERATION
}

TEST(EveryOperation, RefusesTensorsWithoutAnElement) {
  Device device;
  each_supported([&](const OperationName& operation, auto zeroed) {
    using Args = decltype(zeroed);
    const Args good = sample<Args>(device, 1);
    for (size_t i = 0; i < operation.tensors.size(); ++i) {
      Args args = good;
      for (int32_t axis = 0; axis < tensor_at(&args, i)->rank; ++axis) {
        args = good;
        oct_tensor& tensor = *tensor_at(&args, i);
        tensor.shape[axis] = 0;
        const std::string shape = text_of({tensor.shape, tensor.shape + tensor.rank});
        Call call(device);
        expect_invalid(call.prepare(args),
                       {operation.name + ": " + operation.tensors[i] + " has the shape " + shape + "; every extent must be >= 1"});
      }
    }
  });
}

TEST(EveryOperation, NamesATensorThatIsNoTensor) {
  Device device;
  each_supported([&](const OperationName& operation, auto zeroed) {
    using Args = decltype(zeroed);
    const Args good = sample<Args>(device, 1);
    for (size_t i = 0; i < operation.tensors.size(); ++i) {
      Call call(device);
      Args args = good;
      tensor_at(&args, i)->dtype = 77;
      expect_invalid(call.prepare(args), {operation.name + ": " + operation.tensors[i] + " has the unknown type 77"});
      args = good;
      tensor_at(&args, i)->rank = 5;
      expect_invalid(call.prepare(args), {operation.name + ": " + operation.tensors[i] + " has rank 5, but must have rank "});
      args = good;
      tensor_at(&args, i)->shape[0] = INT64_MAX;
      expect_invalid(call.prepare(args), {operation.name + ": " + operation.tensors[i] + " has the shape ", "2^46"});
    }
  });
}

/// The bytes of every tensor.
template <class Args>
std::vector<std::vector<uint8_t>> bytes_of_all(const Device& device, Args args, size_t count) {
  std::vector<std::vector<uint8_t>> all;
  for (size_t i = 0; i < count; ++i) {
    const oct_tensor& tensor = *tensor_at(&args, i);
    all.push_back(tensor.rank == 0 ? std::vector<uint8_t>() : device.read_bytes(tensor));
  }
  return all;
}

TEST(EveryOperation, TenRunsOfOneCallGiveTheSameBitsAndAllocateNothing) {
  each_supported([&](const OperationName& operation, auto zeroed) {
    Device device;
    auto args = sample<decltype(zeroed)>(device, 1);
    const size_t count = operation.tensors.size();
    const auto before = bytes_of_all(device, args, count);
    Call call(device);
    ASSERT_EQ(call.prepare(args), OCT_OK) << oct_last_error();
    ASSERT_EQ(call.bind(addresses_of(args)), OCT_OK) << oct_last_error();
    const int64_t allocations = oct_allocation_count();
    std::vector<std::vector<uint8_t>> first;
    for (int repeat = 0; repeat < 10; ++repeat) {
      ASSERT_EQ(call.run(), OCT_OK) << oct_last_error();
      const auto after = bytes_of_all(device, args, count);
      if (repeat == 0) {
        EXPECT_TRUE(after != before) << "nothing was written";
        first = after;
      }
      EXPECT_TRUE(after == first) << "run " << repeat;
      for (size_t i = 0; i < count; ++i) device.write_bytes(*tensor_at(&args, i), before[i].data(), before[i].size());
    }
    EXPECT_EQ(oct_allocation_count(), allocations);
  });
}

/// One call on aligned tensors, on others that are not, and on aligned ones again, gives what a call of its own gives on each of them.
TEST(EveryOperation, BoundAgainWorksOnTheOtherMemory) {
  each_supported([&](const OperationName& operation, auto zeroed) {
    using Args = decltype(zeroed);
    Device device;
    const size_t count = operation.tensors.size();
    const Args first = sample<Args>(device, 1);
    Call call(device);
    ASSERT_EQ(call.prepare(first), OCT_OK) << oct_last_error();
    ASSERT_EQ(call.bind(addresses_of(first)), OCT_OK) << oct_last_error();
    ASSERT_EQ(call.run(), OCT_OK) << oct_last_error();
    const auto bytes_of_first = bytes_of_all(device, first, count);
    for (const uint64_t seed : {2, 3}) {
      device.begin_at(seed == 2 ? 1 : 0);
      const Args other = sample<Args>(device, seed), expected = sample<Args>(device, seed);
      ASSERT_EQ(call.bind(addresses_of(other), device.scratch(call.workspace()), call.workspace()), OCT_OK) << oct_last_error();
      ASSERT_EQ(call.run(), OCT_OK) << oct_last_error();
      ASSERT_RUNS(device, expected);
      EXPECT_TRUE(bytes_of_all(device, other, count) == bytes_of_all(device, expected, count)) << "seed " << seed;
    }
    EXPECT_TRUE(bytes_of_all(device, first, count) == bytes_of_first) << "the memory that was bound before changed";
  });
}

TEST(EveryOperation, IsPreparedWithoutAddresses) {
  Device device;
  each_supported([&](const OperationName& operation, auto zeroed) {
    using Args = decltype(zeroed);
    const Args with = sample<Args>(device, 1);
    Args without = with;
    for (size_t i = 0; i < operation.tensors.size(); ++i) tensor_at(&without, i)->data = nullptr;
    Call one(device), two(device);
    ASSERT_EQ(one.prepare(with), OCT_OK) << oct_last_error();
    ASSERT_EQ(two.prepare(without), OCT_OK) << oct_last_error();
    EXPECT_EQ(one.workspace(), two.workspace());
    EXPECT_EQ(one.variant(), two.variant());
    ASSERT_EQ(two.bind(addresses_of(with)), OCT_OK) << oct_last_error();
    EXPECT_EQ(two.run(), OCT_OK) << oct_last_error();
  });
}

}  // namespace
}  // namespace oct::test
