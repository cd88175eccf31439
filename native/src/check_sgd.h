// Checks of the optimiser's parameters, which several operations take.
#pragma once
#include "check.h"

namespace oct {

/// Not null; learning rate, momentum and gradient scale within their ranges.
oct_status check_sgd(const char* op, const oct_sgd* sgd);

}  // namespace oct
