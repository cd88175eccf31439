// The emulated device, exported by libocto_emulated.so.
#pragma once
#include "octothorpe/context.h"

#ifdef __cplusplus
extern "C" {
#endif

/// The same kernels as those of the CUDA device, run thread by thread on the CPU under a checker of memory accesses and synchronization. A
/// finding fails the call that launched the kernel with OCT_DEVICE_FAULT; the text names kernel, file, line, block and thread.
OCT_API const oct_device_table* oct_emulated_device(void);

/// Number of C++ allocations of host memory that this library has made outside of the checker, in this process: for tests that prove that
/// running a call allocates nothing.
OCT_API int64_t oct_emulated_host_allocations(void);

#ifdef __cplusplus
}
#endif
