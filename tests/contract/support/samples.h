// Small legal arguments of every operation, for the tests that speak of all of them. A new operation defines its make_sample in its own
// test: without one the suite does not link.
#pragma once
#include "call.h"

namespace oct::test {

/// All tensors that the operation can have, inputs and what is updated filled by the seed, outputs unwritten.
#define OCT_OPERATION(name, devices, tensors) void make_sample(Device& device, uint64_t seed, oct_##name##_args* args);
#include "octothorpe/operations.h"
#undef OCT_OPERATION

template <class Args>
Args sample(Device& device, uint64_t seed) {
  Args args{};
  make_sample(device, seed, &args);
  return args;
}

/// One line of operations.h.
struct OperationName {
  std::string name;
  bool everywhere;  ///< false: on devices that run the CUDA kernels only
  std::vector<std::string> tensors;
  /// Whether the device under test has it.
  bool supported() const { return everywhere || !on_cpu(); }
};

/// Calls visit(operation, Args{}) for every operation, zeroed arguments.
template <class Visit>
void each_operation(const Visit& visit) {
#define OCT_OPERATION(name, devices, tensors)                                                \
  {                                                                                          \
    SCOPED_TRACE(#name);                                                                     \
    visit(OperationName{#name, #devices[0] == 'A', words_of(tensors)}, oct_##name##_args{}); \
  }
#include "octothorpe/operations.h"
#undef OCT_OPERATION
}

/// Calls visit(operation, Args{}) for every operation that the device under test has.
template <class Visit>
void each_supported(const Visit& visit) {
  each_operation([&](const OperationName& operation, auto args) {
    if (operation.supported()) visit(operation, args);
  });
}

/// Tensor `i` of an argument struct.
template <class Args>
oct_tensor* tensor_at(Args* args, size_t i) {
  return reinterpret_cast<oct_tensor*>(args) + i;
}

}  // namespace oct::test
