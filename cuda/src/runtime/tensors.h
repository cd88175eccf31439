// What launchers ask of tensors.
#pragma once
#include <algorithm>
#include <initializer_list>

#include "gpu/types.h"
#include "octothorpe/types.h"

namespace oct::cuda {

// Null for an absent tensor, and for every tensor until the call is bound.
template <class T>
T* data(const oct_tensor& tensor) {
  return static_cast<T*>(tensor.data);
}

template <class T>
T* data(const oct_tensor* tensor) {
  return tensor == nullptr ? nullptr : data<T>(*tensor);
}

// Number of elements.
inline int64_t elements(const oct_tensor& tensor) {
  int64_t count = 1;
  for (int32_t axis = 0; axis < tensor.rank; ++axis) count *= tensor.shape[axis];
  return count;
}

// Whether all addresses are multiples of `bytes`. Null is: an absent tensor, or an address that is not known before the call is bound.
inline bool aligned(std::initializer_list<const void*> addresses, size_t bytes = 16) {
  return std::all_of(addresses.begin(), addresses.end(), [bytes](const void* a) { return reinterpret_cast<uintptr_t>(a) % bytes == 0; });
}

// Calls body with a value of the element type: with_float_type(x.dtype, [&](auto type) { using T = decltype(type); ... });
template <class Body>
auto with_float_type(oct_dtype dtype, Body&& body) {
  return dtype == OCT_F32 ? body(float{}) : body(gpu::bf16{});
}

}  // namespace oct::cuda
