// Calls as tests make them: run(device, oct_relu_forward_args{.x = x, .y = y}).
#pragma once
#include "device.h"
#include "operations.h"

namespace oct::test {

using oct::addresses_of;
using oct::prepare;

/// The names of a list that blanks separate.
std::vector<std::string> words_of(const std::string& text);

/// One prepared operation with scratch memory of its own.
class Call {
 public:
  explicit Call(Device& device) : device_(&device) {}
  ~Call() { oct_call_destroy(call_); }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  template <class Args>
  oct_status prepare(const Args& args) {
    oct_call_destroy(call_);
    call_ = nullptr;
    const oct_status status = oct::prepare(device_->context(), args, &call_);
    if (status == OCT_OK) scratch_ = device_->scratch(workspace());
    return status;
  }
  oct_status bind(const std::vector<void*>& addresses) { return bind(addresses, scratch_, workspace()); }
  oct_status bind(const std::vector<void*>& addresses, void* scratch, size_t bytes) {
    return oct_call_bind(call_, addresses.data(), static_cast<int32_t>(addresses.size()), scratch, bytes);
  }
  /// Runs and waits for the end.
  oct_status run() {
    const oct_status status = oct_call_run(call_);
    return status == OCT_OK ? oct_context_synchronize(device_->context()) : status;
  }

  size_t workspace() const { return oct_call_workspace(call_); }
  void* scratch() const { return scratch_; }
  std::string variant() const { return oct_call_variant(call_); }
  oct_call* get() const { return call_; }

 private:
  Device* device_;
  oct_call* call_ = nullptr;
  void* scratch_ = nullptr;
};

/// Prepares, binds, runs and waits; the status of the first of them that fails.
template <class Args>
oct_status run(Device& device, const Args& args) {
  Call call(device);
  oct_status status = call.prepare(args);
  if (status == OCT_OK) status = call.bind(addresses_of(args));
  return status == OCT_OK ? call.run() : status;
}

/// Prepares and binds only, as far as it goes.
template <class Args>
oct_status bind(Device& device, const Args& args) {
  Call call(device);
  const oct_status status = call.prepare(args);
  return status == OCT_OK ? call.bind(addresses_of(args)) : status;
}

}  // namespace oct::test

#define ASSERT_RUNS(device, ...) ASSERT_EQ(::oct::test::run(device, __VA_ARGS__), OCT_OK) << oct_last_error()
#define EXPECT_RUNS(device, ...) EXPECT_EQ(::oct::test::run(device, __VA_ARGS__), OCT_OK) << oct_last_error()
