// The device table of one instruction set.
#include "kernels.h"

OCT_KERNEL_BEGIN

void fill_table(oct_device_table* table);

void fill_table(oct_device_table* table) {
#define OCT_ON_ALL(name) table->name = name;
#define OCT_ON_CUDA(name) table->name = nullptr;
#define OCT_OPERATION(name, devices, tensors) OCT_ON_##devices(name)
#include "octothorpe/operations.h"
#undef OCT_OPERATION
#undef OCT_ON_ALL
#undef OCT_ON_CUDA
}

OCT_KERNEL_END
