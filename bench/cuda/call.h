// One prepared operation with scratch memory of its own: Call(device, oct_relu_forward_args{.x = x, .y = y}).
#pragma once
#include "../../tests/contract/support/operations.h"
#include "device.h"

namespace oct::bench {

class Call {
 public:
  Call() = default;
  /// Prepares by the variant in force; throws Failure. The tensors must outlive the call.
  template <class Args>
  Call(const Device& device, const Args& args) : context_(device.context()), addresses_(addresses_of(args)) {
    need(prepare(device.context(), args, &call_));
  }
  ~Call() { oct_call_destroy(call_); }
  Call(Call&& other) noexcept { *this = std::move(other); }
  Call& operator=(Call&& other) noexcept {
    std::swap(context_, other.context_);
    std::swap(call_, other.call_);
    std::swap(addresses_, other.addresses_);
    std::swap(scratch_, other.scratch_);
    return *this;
  }

  void bind() {
    const size_t bytes = oct_call_workspace(call_);
    if (bytes > 0) scratch_ = Memory(context_, bytes);
    need(oct_call_bind(call_, addresses_.data(), static_cast<int32_t>(addresses_.size()), scratch_.data(), bytes));
  }
  void run() const { need(oct_call_run(call_)); }

 private:
  oct_context* context_ = nullptr;
  oct_call* call_ = nullptr;
  std::vector<void*> addresses_;
  Memory scratch_;
};

/// Prepares, binds and runs once.
template <class Args>
void run_once(const Device& device, const Args& args) {
  Call call(device, args);
  call.bind();
  call.run();
}

}  // namespace oct::bench
