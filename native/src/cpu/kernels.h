// The kernels of one instruction set, one function per operation: it prepares the call.
#pragma once
#include "isa.h"

OCT_KERNEL_BEGIN

#define OCT_ON_ALL(name) oct_status name(oct_call* call);
#define OCT_ON_CUDA(name)
#define OCT_OPERATION(name, devices, tensors) OCT_ON_##devices(name)
#include "octothorpe/operations.h"
#undef OCT_OPERATION
#undef OCT_ON_ALL
#undef OCT_ON_CUDA

OCT_KERNEL_END
