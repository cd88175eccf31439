// The update of stochastic gradient descent on a stretch of parameters.
#pragma once
#include "isa.h"
#include "lanes.h"

OCT_KERNEL_BEGIN

// Parameters of one piece of work. Borders between threads fall on its multiples, so what is left to Narrow depends on the segments only.
constexpr int64_t kSgdPiece = 4096;

struct SgdArrays {
  float* parameter;
  const float* gradient;
  float* buffer;
  bf16* rounded;  // or null
};

template <bool kFirst, bool kNesterov, bool kRounded>
static inline void update_parameters(const oct_sgd& sgd, const SgdArrays& arrays, float decay, int64_t begin, int64_t end) {
  const SgdArrays a = arrays;
  const float scale = sgd.gradient_scale, momentum = sgd.momentum, rate = sgd.learning_rate;
  for_lanes(begin, end, [=](auto lane, int64_t i) {
    using L = decltype(lane);
    const auto parameter = L::get(a.parameter + i);
    const auto gradient = L::all(scale) * L::get(a.gradient + i) + L::all(decay) * parameter;
    auto buffer = gradient;
    if constexpr (!kFirst) buffer = L::all(momentum) * L::get(a.buffer + i) + gradient;
    L::put(a.buffer + i, buffer);
    auto direction = buffer;
    if constexpr (kNesterov) direction = gradient + L::all(momentum) * buffer;
    const auto updated = parameter - L::all(rate) * direction;
    L::put(a.parameter + i, updated);
    if constexpr (kRounded) L::put(a.rounded + i, updated);
  });
}

template <bool kFirst, bool kNesterov>
static inline void sgd_step_of_kind(const oct_sgd& sgd, const SgdArrays& arrays, float decay, int64_t begin, int64_t end) {
  if (arrays.rounded != nullptr) {
    update_parameters<kFirst, kNesterov, true>(sgd, arrays, decay, begin, end);
  } else {
    update_parameters<kFirst, kNesterov, false>(sgd, arrays, decay, begin, end);
  }
}

using SgdStep = void (*)(const oct_sgd& sgd, const SgdArrays& arrays, float decay, int64_t begin, int64_t end);

/// The update of parameters [begin, end) of one weight decay.
static inline SgdStep sgd_step_of(const oct_sgd& sgd) {
  return sgd.first != 0 ? (sgd.nesterov != 0 ? sgd_step_of_kind<true, true> : sgd_step_of_kind<true, false>)
                        : (sgd.nesterov != 0 ? sgd_step_of_kind<false, true> : sgd_step_of_kind<false, false>);
}

OCT_KERNEL_END
