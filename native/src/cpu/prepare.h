// What every operation does when it is prepared: it names the function that runs, for its element type, and what that function keeps.
#pragma once
#include <stdlib.h>

#include "../error.h"
#include "isa.h"
#include "simd.h"

OCT_KERNEL_BEGIN

using Run = oct_status (*)(oct_call*);

/// The data of a tensor; null where the tensor is absent.
template <class T>
static inline T* data(const oct_tensor& tensor) {
  return static_cast<T*>(tensor.data);
}

static inline int64_t elements(const oct_tensor& tensor) {
  int64_t count = 1;
  for (int32_t axis = 0; axis < tensor.rank; ++axis) count *= tensor.shape[axis];
  return count;
}

/// Prepares a call that runs `f32` or `bf16` by the type, which is one of the two.
static inline oct_status runs(oct_call* call, oct_dtype dtype, Run f32, Run half) {
  call->run = dtype == OCT_F32 ? f32 : half;
  return OCT_OK;
}
#define OCT_RUNS(call, dtype, function) runs(call, dtype, function<float>, function<bf16>)

/// Keeps a copy of the plan with the call.
template <class Plan>
static inline oct_status keep_plan(oct_call* call, const Plan& plan) {
  static_assert(__is_trivially_copyable(Plan), "a plan is freed without a destructor");
  call->plan = aligned_alloc(alignof(Plan), sizeof plan);  // kernels load whole vectors from it
  if (call->plan == nullptr) return fail(OCT_OUT_OF_MEMORY, "prepare: no memory for a plan");
  __builtin_memcpy(call->plan, &plan, sizeof plan);
  call->release = [](oct_call* released) { free(released->plan); };
  return OCT_OK;
}

template <class Plan>
static inline const Plan& plan_of(const oct_call* call) {
  return *static_cast<const Plan*>(call->plan);
}

OCT_KERNEL_END
