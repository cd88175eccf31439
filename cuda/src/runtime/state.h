// The state behind a context, and failures.
#pragma once
#include "gpu/host.h"
#include "octothorpe/device_table.h"
#include "runtime/fault.h"

namespace oct::cuda {

struct State {
  int ordinal = 0;
  gpu::Stream stream{};
  gpu::Limits limits;
  Fault* fault = nullptr;         // in device memory
  const char* variant = nullptr;  // forced by oct_use_variant; null: choose
};

inline State& state(oct_context* context) { return *static_cast<State*>(context->state); }

oct_status fail(const oct_context* context, oct_status status, const char* format, ...) __attribute__((format(printf, 3, 4)));

// OCT_OK if there is no problem, else fails with "what: problem".
oct_status report(const oct_context* context, oct_status status, const char* what, const std::string& problem);

}  // namespace oct::cuda
