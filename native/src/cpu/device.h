// One namespace an instruction set: the same kernel sources, compiled four times (see isa.h).
#pragma once
#include "octothorpe/device_table.h"

namespace oct::cpu {
namespace v2 {
void fill_table(oct_device_table* table);
}
namespace v3 {
void fill_table(oct_device_table* table);
}
namespace v4 {
void fill_table(oct_device_table* table);
}
namespace v4_bf16 {
void fill_table(oct_device_table* table);
}
}  // namespace oct::cpu
