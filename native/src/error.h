// Sets this thread's last error; the only way a status other than OCT_OK is made.
#pragma once
#include "octothorpe/types.h"

namespace oct {

/// Stores the formatted text for oct_last_error() and returns `status`.
__attribute__((format(printf, 2, 3))) oct_status fail(oct_status status, const char* format, ...);

}  // namespace oct
