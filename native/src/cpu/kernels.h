// The kernels of one instruction set, as table.cpp lists them.
#pragma once
#include "isa.h"

OCT_KERNEL_BEGIN

oct_status relu_forward(oct_context* context, const oct_tensor* x, const oct_tensor* y);
oct_status relu_backward(oct_context* context, const oct_tensor* y, const oct_tensor* dy, const oct_tensor* dx);

OCT_KERNEL_END
