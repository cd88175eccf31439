// The device table of one instruction set.
#include "kernels.h"

OCT_KERNEL_BEGIN

void fill_table(oct_device_table* table);

void fill_table(oct_device_table* table) {
  table->relu_forward = relu_forward;
  table->relu_backward = relu_backward;
}

OCT_KERNEL_END
