// The operations of this device, one function per entry of octothorpe/operations.h, and their variants.
#pragma once
#include <vector>

#include "runtime/launches.h"

namespace oct::cuda {

// Records the operation's launches. Called when a call is bound: addresses are set and arguments were checked.
#define OCT_OPERATION(name, devices, tensors) oct_status name(Launches& launches, const oct_##name##_args& a, void* workspace);
#include "octothorpe/operations.h"
#undef OCT_OPERATION

// What an operation decides when a call is prepared, without addresses: its scratch bytes, its variant, whether it has a kernel at all.
#define OCT_OPERATION(name, devices, tensors) oct_status workspace(Launches& launches, const oct_##name##_args& a, size_t* bytes);
#include "octothorpe/operations.h"
#undef OCT_OPERATION

// In place of `workspace`, for an operation that has nothing to decide and no scratch.
#define OCT_NO_WORKSPACE(name)                                               \
  oct_status workspace(Launches&, const oct_##name##_args&, size_t* bytes) { \
    *bytes = 0;                                                              \
    return OCT_OK;                                                           \
  }

// Each adds the variants of its operation's passes.
void list_grouped_conv(std::vector<oct_variant>* all);
void list_softmax_cross_entropy(std::vector<oct_variant>* all);
void list_linear(std::vector<oct_variant>* all);

}  // namespace oct::cuda
