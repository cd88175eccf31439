// The CUDA device, exported by libocto_cuda.so.
#pragma once
#include "octothorpe/context.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Hand-written CUDA kernels on an NVIDIA GPU of compute capability 8.0 or later. Loads without a driver; opening a context then fails and
/// says why. Ordinals are those of the CUDA runtime.
OCT_API const oct_device_table* oct_cuda_device(void);

#ifdef __cplusplus
}
#endif
