// Internal halves of the host API; host.cpp holds the mutex.
#pragma once
#include <cstddef>
#include <string>

#include "host.h"

namespace emu {

void* allocate_global(size_t bytes);
std::string free_global(void* data);
size_t live_global_bytes();
std::string launch_kernel(const LaunchRequest& request);

}  // namespace emu
