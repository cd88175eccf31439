// What a device library implements. C++: the core library and the device libraries share it, callers never see it.
#pragma once
#include "call.h"
#include "operations.h"

struct oct_context {
  const oct_device_table* table;
  int32_t ordinal;
  int32_t threads;
  void* state;  ///< the device's own: a stream, handles; null on the CPU
  /// Keeps the text for oct_last_error() and returns the status: device libraries do not link this one.
  oct_status (*fail)(oct_status status, const char* text);
};

/// A call as the device library sees it. The core library fills the first part and has checked everything that the operation's header
/// says before it calls the device; the device fills the second part.
struct oct_call {
  oct_context* context;
  oct_tensor* tensors;  ///< the argument struct: its tensors, then its options; addresses are null until bind
  void* workspace;      ///< from bind on

  size_t workspace_bytes;         ///< set when prepared
  const char* variant;            ///< "" or a name that lives as long as the library
  oct_status (*bind)(oct_call*);  ///< called with every address set; null: nothing to do
  oct_status (*run)(oct_call*);
  void (*release)(oct_call*);  ///< frees the plan; null: nothing to do
  void* plan;                  ///< the device's own
};

/// One function per operation: prepares the call for arguments that were checked. A device without an operation leaves its entry null:
/// callers get OCT_UNSUPPORTED.
struct oct_device_table {
  const char* name;
  oct_status (*open)(oct_context* context);
  oct_status (*close)(oct_context* context);
  oct_status (*synchronize)(oct_context* context);
  oct_status (*allocate)(oct_context* context, size_t bytes, void** data);
  oct_status (*free)(oct_context* context, void* data);
  oct_status (*copy_to_device)(oct_context* context, void* device_data, const void* host_data, size_t bytes);
  oct_status (*copy_to_host)(oct_context* context, void* host_data, const void* device_data, size_t bytes);
  oct_status (*zero)(oct_context* context, void* data, size_t bytes);
  decltype(&oct_variant_count) variant_count;  ///< this and the next two: null on a device without variants
  decltype(&oct_variant_at) variant_at;
  decltype(&oct_use_variant) use_variant;

#define OCT_OPERATION(name, devices, tensors) oct_status (*name)(oct_call * call);
#include "operations.h"
#undef OCT_OPERATION
};

/// The arguments of a call, as relu_forward's: oct::args<oct_relu_forward_args>(call).
namespace oct {
template <class Args>
static inline const Args& args(const oct_call* call) {
  return *reinterpret_cast<const Args*>(call->tensors);
}
/// An optional tensor, null where it is absent.
[[maybe_unused]] static inline const oct_tensor* optional(const oct_tensor& tensor) { return tensor.rank == 0 ? nullptr : &tensor; }
}  // namespace oct

/// Returns from the enclosing function on the first failed check.
#define OCT_TRY(expression)                              \
  do {                                                   \
    const oct_status oct_try_status = (expression);      \
    if (oct_try_status != OCT_OK) return oct_try_status; \
  } while (0)
