// What every launcher stands on: the state behind a context, failures, launches, and values that kernels found to break a rule.
#pragma once
#include <string>

#include "gpu/gpu.h"
#include "octothorpe/device_table.h"

namespace oct::cuda {

// A rule that a kernel found broken by values in device memory. The first one of a stream is kept and is returned, as
// OCT_INVALID_ARGUMENT, when the context is synchronised.
struct Fault {
  int32_t rule;      // 0: none; else an entry of fault_text
  int64_t where[3];  // numbers of the message
};

enum FaultRule : int32_t {
  kNoFault = 0,
  kLabelOutOfRange,  // where: label, row, V
  kOffsetsBroken,    // where: row, its offset, the next
  kImageOutOfRange,  // where: image, its first byte, bytes of all
  kCropOutOfRange,   // where: image
  kSegmentsBroken,   // where: segment, its end, the end before
  kDecayOutOfRange,  // where: segment, the bits of its decay
};

// For kernels: keeps the fault if it is the stream's first.
GPU_INLINE void report(Fault* fault, int32_t rule, int64_t a, int64_t b, int64_t c) {
  if (gpu::atomic_compare_exchange(&fault->rule, static_cast<int32_t>(kNoFault), rule) != kNoFault) return;
  fault->where[0] = a;
  fault->where[1] = b;
  fault->where[2] = c;
}

// The state of a context.
struct State {
  int ordinal = 0;
  gpu::Stream stream{};
  gpu::Limits limits;
  Fault* fault = nullptr;         // in device memory
  const char* variant = nullptr;  // forced by oct_use_variant; null: choose
};

inline State& state(oct_context* context) { return *static_cast<State*>(context->state); }
inline const gpu::Limits& limits(oct_context* context) { return state(context).limits; }

oct_status fail(const oct_context* context, oct_status status, const char* format, ...) __attribute__((format(printf, 3, 4)));

// Enqueues a kernel on the context's stream; `name` is the kernel's.
template <class... Parameters, class... Arguments>
oct_status launch(oct_context* context, const char* name, void (*kernel)(Parameters...), const gpu::LaunchShape& shape,
                  Arguments... arguments) {
  const State& s = state(context);
  std::string problem = gpu::use_device(s.ordinal);
  if (problem.empty()) problem = gpu::launch(name, kernel, shape, s.stream, arguments...);
  return problem.empty() ? OCT_OK : fail(context, OCT_DEVICE_FAULT, "%s", problem.c_str());
}

template <class T>
T* data(const oct_tensor* tensor) {
  return tensor == nullptr ? nullptr : static_cast<T*>(tensor->data);
}

// Number of elements of a tensor that was checked.
inline int64_t elements(const oct_tensor* tensor) {
  int64_t count = 1;
  for (int32_t axis = 0; axis < tensor->rank; ++axis) count *= tensor->shape[axis];
  return count;
}

// Calls body with a value of the element type: with_float_type(x->dtype, [&](auto type) { using T = decltype(type); ... });
template <class Body>
auto with_float_type(oct_dtype dtype, Body&& body) {
  return dtype == OCT_F32 ? body(float{}) : body(gpu::bf16{});
}

}  // namespace oct::cuda

#define OCT_CUDA_TRY(expression)                         \
  do {                                                   \
    const oct_status oct_try_status = (expression);      \
    if (oct_try_status != OCT_OK) return oct_try_status; \
  } while (0)
