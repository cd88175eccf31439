// Stacks and the switch between them.
#pragma once
#include "machine.h"

namespace emu {

// Gives the fiber a fresh stack on which `entry` starts at the first switch to it.
void prepare_stack(Fiber& fiber, void (*entry)());
// null: the host thread that runs the launch.
void switch_stacks(Fiber* from, Fiber* to);

}  // namespace emu
