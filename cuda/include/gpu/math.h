// Functions of one number. "fast" ones are the hardware's approximations, about 2 units in the last place of float near 1.
#pragma once
#include "platform.h"

namespace gpu {

// e^x; x = -inf gives 0. Relative error about 2^-21 + 2^-24 |x|.
GPU_INLINE float fast_exp(float x) { return __expf(x); }

// Natural logarithm of a positive number.
GPU_INLINE float fast_log(float x) { return __logf(x); }

template <class T>
__host__ __device__ constexpr T ceil_div(T a, T b) {
  return (a + b - 1) / b;
}

template <class T>
__host__ __device__ constexpr T round_up(T a, T b) {
  return (a + b - 1) / b * b;
}

}  // namespace gpu
