// What changes from step to step and therefore lies in device memory.
#pragma once
#include "runtime/fault.h"

namespace oct::cuda {

struct SgdRates {
  float learning_rate, gradient_scale;
};

// By one thread of the grid.
GPU_INLINE void check_rates(const SgdRates& rates, Fault* fault) {
  if (!(rates.learning_rate >= 0.0f && rates.learning_rate < INFINITY)) {
    report(fault, kLearningRateOutOfRange, __float_as_uint(rates.learning_rate), 0, 0);
  }
  if (!(fabsf(rates.gradient_scale) < INFINITY)) report(fault, kGradientScaleOutOfRange, __float_as_uint(rates.gradient_scale), 0, 0);
}

}  // namespace oct::cuda
