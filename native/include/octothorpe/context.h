// Devices and contexts. A context is one stream of work on one device; it is used by one thread at a time.
#pragma once
#include "types.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Function table of a device; filled by a device library, opaque to callers.
typedef struct oct_device_table oct_device_table;
/// One stream of work on one device.
typedef struct oct_context oct_context;

/// The CPU device: the kernels of the instruction set that oct_cpu_isa() names.
OCT_API const oct_device_table* oct_cpu_device(void);

/// Instruction set of the CPU kernels: "x86-64-v2", "x86-64-v3", "x86-64-v4" or "x86-64-v4+bf16". The best that this
/// processor runs, or what the environment variable OCTOTHORPE_ISA names if the processor runs it.
OCT_API const char* oct_cpu_isa(void);

/// Why OCTOTHORPE_ISA was not followed; "" when it was, or is not set.
OCT_API const char* oct_cpu_isa_warning(void);

/// Version of this library, "major.minor.patch".
OCT_API const char* oct_version(void);

/// Opens a stream on device `ordinal`. `threads` is the number of CPU threads its kernels use; 0 means one for each processor
/// that this process may run on. Results of this library's own kernels do not depend on `threads`, bit for bit.
OCT_API oct_status oct_context_create(const oct_device_table* table, int32_t ordinal, int32_t threads, oct_context** context);

/// Waits for the stream, then frees it. Null is allowed.
OCT_API oct_status oct_context_destroy(oct_context* context);

/// Waits until everything enqueued is done. Asynchronous faults surface here and in oct_copy_to_host: OCT_DEVICE_FAULT, or
/// OCT_INVALID_ARGUMENT for values in device memory that break a rule (a label outside [0,V)), which a GPU sees only while it computes.
OCT_API oct_status oct_context_synchronize(oct_context* context);

/// Number of CPU threads that the context's kernels use.
OCT_API int32_t oct_context_threads(const oct_context* context);

/// Sets the OpenMP thread count of the calling thread, which libraries that share the OpenMP runtime (oneDNN) read.
OCT_API oct_status oct_set_calling_thread_parallelism(int32_t threads);

/// Allocates `bytes` (> 0) of device memory, 64-byte aligned at least, contents unspecified.
OCT_API oct_status oct_allocate(oct_context* context, size_t bytes, void** data);

/// Frees memory of oct_allocate. Null is allowed.
OCT_API oct_status oct_free(oct_context* context, void* data);

/// Copies between host memory and device memory, or within one of them; returns when the copy is done.
OCT_API oct_status oct_copy_to_device(oct_context* context, void* device_data, const void* host_data, size_t bytes);
OCT_API oct_status oct_copy_to_host(oct_context* context, void* host_data, const void* device_data, size_t bytes);

/// Enqueues a fill of `bytes` bytes with zeros.
OCT_API oct_status oct_zero(oct_context* context, void* data, size_t bytes);

/// One implementation of an operation's pass on a device. Texts live as long as the library.
typedef struct oct_variant {
  const char* operation;  ///< "grouped_conv"
  const char* pass;       ///< "forward"
  const char* name;       ///< "grouped_conv_forward_packed_groups"
  const char* regime;     ///< what it is for and its limits, in words
} oct_variant;

/// Number of variants that the context's device chooses among; 0 where an operation has one kernel only (the CPU).
OCT_API oct_status oct_variant_count(oct_context* context, int32_t* count);
/// The variant of that index, in [0, oct_variant_count).
OCT_API oct_status oct_variant_at(oct_context* context, int32_t index, oct_variant* variant);
/// From now on the variant of that name runs wherever its operation's pass is asked for, and a shape that it cannot run is OCT_UNSUPPORTED
/// with the reason; other passes are not affected. Null: the device chooses again. For tests and benchmarks. Null or a name that exists.
OCT_API oct_status oct_use_variant(oct_context* context, const char* name);

/// Number of oct_allocate calls that succeeded in this process, for tests that prove that a step allocates nothing.
OCT_API int64_t oct_allocation_count(void);
/// Bytes of oct_allocate that are not freed yet, in this process.
OCT_API int64_t oct_allocated_bytes(void);

#ifdef __cplusplus
}
#endif
