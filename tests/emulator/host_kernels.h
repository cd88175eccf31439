// Small kernels for the tests of the host side.
#pragma once
#include <string>

#include "gpu/gpu.h"

namespace host_kernels {

std::string copy(const float* x, float* y, int n);
std::string anywhere(float* x, const gpu::LaunchShape& shape);
std::string deadlock(float* y);
// y[i]: the place of thread i in the order in which the threads passed an atomic counter.
std::string shuffles(float* y);
std::string neighbors(float* y);  // read without a barrier
float read_on_host(const float* x);

}  // namespace host_kernels
