// The operations of operations.h as overloads of one function, for tests and benchmarks.
#pragma once
#include <cstring>
#include <string>
#include <vector>

#include "octothorpe/device_table.h"

namespace oct {

#define OCT_OPERATION(name, devices, tensors)                                                       \
  inline oct_status prepare(oct_context* context, const oct_##name##_args& args, oct_call** call) { \
    return oct_##name##_prepare(context, &args, call);                                              \
  }                                                                                                 \
  constexpr const char* tensors_of(const oct_##name##_args*) { return tensors; }
#include "octothorpe/operations.h"
#undef OCT_OPERATION

/// The addresses of an argument struct, in the order in which oct_call_bind takes them; null for absent tensors.
template <class Args>
std::vector<void*> addresses_of(const Args& args) {
  std::vector<void*> data;
  size_t offset = 0;
  for (const char* name = tensors_of(&args); name != nullptr; offset += sizeof(oct_tensor)) {
    oct_tensor tensor;
    memcpy(&tensor, reinterpret_cast<const char*>(&args) + offset, sizeof tensor);
    data.push_back(tensor.rank == 0 ? nullptr : tensor.data);
    name = strchr(name, ' ');
    if (name != nullptr) ++name;
  }
  return data;
}

}  // namespace oct
