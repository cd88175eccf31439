// Warp-group products under way.
#pragma once
#include "machine.h"

namespace emu {

void products_without(Fiber& fiber);
void forget_products();

}  // namespace emu
