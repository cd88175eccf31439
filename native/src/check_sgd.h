// Checks of the optimizer's options, which several operations take.
#pragma once
#include "check.h"

namespace oct {

/// momentum in [0,1), rates f32 [2]. The rates themselves lie in the device's memory: the device checks them.
oct_status check_sgd(const char* op, float momentum, Argument rates);

}  // namespace oct
