// Calls: an operation is prepared once, bound to memory, and run as often as wanted.
//
//   oct_relu_forward_args args = {.x = x, .y = y};              shapes, types, options; the addresses in x and y are not read
//   oct_call* call;
//   oct_relu_forward_prepare(context, &args, &call);            checks, choice of the kernel, scratch bytes
//   void* data[] = {x_data, y_data};                            one address per tensor of the struct, in its order
//   oct_call_bind(call, data, 2, scratch, scratch_bytes);       checks of addresses, launch plan
//   oct_call_run(call);                                         enqueues; nothing else
//   oct_call_destroy(call);
//
// An absent tensor, where an operation allows one, has rank 0 (a zeroed struct) and a null address.
#pragma once
#include "context.h"

#ifdef __cplusplus
extern "C" {
#endif

/// One prepared operation. It refers to its context, which must outlive it, and is used by the context's thread.
typedef struct oct_call oct_call;

/// Scratch bytes that oct_call_bind needs; may be 0.
OCT_API size_t oct_call_workspace(const oct_call* call);

/// Name of the kernel that was chosen, as oct_variant names it; "" where the device has one kernel for the operation.
OCT_API const char* oct_call_variant(const oct_call* call);

/// Gives the call its memory: `data` holds one address per tensor of the argument struct, in its order, null exactly for absent tensors.
/// `workspace` holds at least oct_call_workspace bytes, 64-byte aligned; nothing else may write to it while the call runs. May be called
/// again with other addresses. OCT_INVALID_ARGUMENT where an address is missing or tensors overlap that must not.
OCT_API oct_status oct_call_bind(oct_call* call, void* const* data, int32_t count, void* workspace, size_t workspace_bytes);

/// Enqueues the operation on the context's stream. Chooses nothing and allocates nothing.
OCT_API oct_status oct_call_run(oct_call* call);

/// Frees the call, not its memory. Null is allowed.
OCT_API void oct_call_destroy(oct_call* call);

#ifdef __cplusplus
}
#endif
