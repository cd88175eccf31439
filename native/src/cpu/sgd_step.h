// The update of stochastic gradient descent on a stretch of parameters.
#pragma once
#include "../error.h"
#include "isa.h"
#include "lanes.h"

OCT_KERNEL_BEGIN

// Parameters of one piece of work. Borders between threads fall on its multiples, so what is left to Narrow depends on the segments only.
constexpr int64_t kSgdPiece = 4096;

/// What every parameter of a step shares.
struct SgdRates {
  float learning_rate, gradient_scale, momentum;
};

static inline oct_status check_rates(const char* op, const SgdRates& rates) {
  if (!(rates.learning_rate >= 0 && rates.learning_rate <= __FLT_MAX__)) {
    return fail(OCT_INVALID_ARGUMENT, "%s: learning_rate is %g, but must be finite and >= 0", op, static_cast<double>(rates.learning_rate));
  }
  if (!(rates.gradient_scale >= -__FLT_MAX__ && rates.gradient_scale <= __FLT_MAX__)) {
    return fail(OCT_INVALID_ARGUMENT, "%s: gradient_scale is %g, but must be finite", op, static_cast<double>(rates.gradient_scale));
  }
  return OCT_OK;
}

struct SgdArrays {
  float* parameter;
  const float* gradient;
  float* buffer;
  bf16* rounded;  // or null
};

template <bool kNesterov, bool kRounded>
static inline void update_parameters(const SgdRates& rates, const SgdArrays& arrays, float decay, int64_t begin, int64_t end) {
  const SgdArrays a = arrays;
  const float scale = rates.gradient_scale, momentum = rates.momentum, rate = rates.learning_rate;
  for_lanes(begin, end, [=](auto lane, int64_t i) {
    using L = decltype(lane);
    const auto parameter = L::get(a.parameter + i);
    const auto gradient = L::all(scale) * L::get(a.gradient + i) + L::all(decay) * parameter;
    const auto buffer = L::all(momentum) * L::get(a.buffer + i) + gradient;
    L::put(a.buffer + i, buffer);
    auto direction = buffer;
    if constexpr (kNesterov) direction = gradient + L::all(momentum) * buffer;
    const auto updated = parameter - L::all(rate) * direction;
    L::put(a.parameter + i, updated);
    if constexpr (kRounded) L::put(a.rounded + i, updated);
  });
}

using SgdStep = void (*)(const SgdRates& rates, const SgdArrays& arrays, float decay, int64_t begin, int64_t end);

/// The update of parameters [begin, end) of one weight decay.
static inline SgdStep sgd_step_of(bool nesterov, bool rounded) {
  return nesterov ? (rounded ? update_parameters<true, true> : update_parameters<true, false>)
                  : (rounded ? update_parameters<false, true> : update_parameters<false, false>);
}

OCT_KERNEL_END
