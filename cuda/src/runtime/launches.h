// The plan of a call: the launches that binding it recorded, which every run enqueues.
#pragma once
#include <memory>
#include <utility>
#include <vector>

#include "gpu/gpu.h"
#include "runtime/state.h"
#include "runtime/tensors.h"

namespace oct::cuda {

class Launches {
 public:
  explicit Launches(oct_context* context) : context_(context), forced_(state(context).variant) {}

  oct_context* context() const { return context_; }
  const gpu::Limits& limits() const { return state(context_).limits; }
  Fault* fault() const { return state(context_).fault; }

  // The variant that was forced when the call was prepared, or null.
  const char* forced() const { return forced_; }
  // The variant that was chosen; "" where the operation has no variants.
  const char* variant() const { return variant_; }
  void choose(const char* variant) { variant_ = variant; }
  // Scratch bytes that the call was promised when it was prepared.
  size_t workspace_bytes() const { return workspace_bytes_; }
  void promise(size_t workspace_bytes) { workspace_bytes_ = workspace_bytes; }

  void clear() { recorded_.clear(); }
  void add(std::unique_ptr<gpu::Launch> launch) { recorded_.push_back(std::move(launch)); }

  // Enqueues all of them. Chooses and allocates nothing.
  oct_status enqueue() const {
    const State& s = state(context_);
    std::string problem = gpu::use_device(s.ordinal);
    for (const auto& launch : recorded_) {
      if (!problem.empty()) break;
      problem = launch->enqueue(s.stream);
    }
    return problem.empty() ? OCT_OK : fail(context_, OCT_DEVICE_FAULT, "%s", problem.c_str());
  }

 private:
  oct_context* context_;
  const char* forced_;
  const char* variant_ = "";
  size_t workspace_bytes_ = 0;
  std::vector<std::unique_ptr<gpu::Launch>> recorded_;
};

// Records the launch of a kernel; `name` is the kernel's.
template <class... Parameters, class... Arguments>
oct_status launch(Launches& launches, const char* name, void (*kernel)(Parameters...), const gpu::LaunchShape& shape,
                  Arguments... arguments) {
  std::unique_ptr<gpu::Launch> recorded;
  const std::string problem = gpu::record(&recorded, name, kernel, shape, arguments...);
  if (!problem.empty()) return fail(launches.context(), OCT_DEVICE_FAULT, "%s", problem.c_str());
  launches.add(std::move(recorded));
  return OCT_OK;
}

}  // namespace oct::cuda
