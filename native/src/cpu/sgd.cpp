// One pass over parameter, gradient and buffer: 20 bytes of traffic a parameter (22 with the BF16 copy), bound by memory.
#include "../error.h"
#include "kernels.h"
#include "lanes.h"
#include "parallel.h"

OCT_KERNEL_BEGIN

namespace {

// Parameters of one piece of work. Borders between threads fall on its multiples, so what is left to Narrow depends on the segments only.
constexpr int64_t kPiece = 4096;

struct Arrays {
  float* parameter;
  const float* gradient;
  float* buffer;
  bf16* rounded;  // or null
};

template <bool kFirst, bool kNesterov, bool kRounded>
void step(const oct_sgd& sgd, const Arrays& arrays, float decay, int64_t begin, int64_t end) {
  const Arrays a = arrays;
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
void step_of(const oct_sgd& sgd, const Arrays& arrays, float decay, int64_t begin, int64_t end) {
  if (arrays.rounded != nullptr) {
    step<kFirst, kNesterov, true>(sgd, arrays, decay, begin, end);
  } else {
    step<kFirst, kNesterov, false>(sgd, arrays, decay, begin, end);
  }
}

oct_status check_segments(const int64_t* ends, const float* decay, int64_t segments, int64_t n) {
  for (int64_t s = 0; s < segments; ++s) {
    const int64_t before = s == 0 ? 0 : ends[s - 1];
    if (ends[s] < before) {
      return fail(OCT_INVALID_ARGUMENT, "sgd_step: segment_ends[%lld] is %lld, but must be at least its predecessor, %lld",
                  static_cast<long long>(s), static_cast<long long>(ends[s]), static_cast<long long>(before));
    }
    if (!(decay[s] >= 0.0f && decay[s] <= __FLT_MAX__)) {
      return fail(OCT_INVALID_ARGUMENT, "sgd_step: segment_decay[%lld] is %g, but must be finite and >= 0", static_cast<long long>(s),
                  static_cast<double>(decay[s]));
    }
  }
  if (ends[segments - 1] != n) {
    return fail(OCT_INVALID_ARGUMENT, "sgd_step: the last of segment_ends is %lld, but must be the number of parameters, %lld",
                static_cast<long long>(ends[segments - 1]), static_cast<long long>(n));
  }
  return OCT_OK;
}

}  // namespace

oct_status sgd_step(oct_context* context, const oct_sgd* sgd, const oct_tensor* parameter, const oct_tensor* gradient,
                    const oct_tensor* buffer, const oct_tensor* parameter_bf16, const oct_tensor* segment_ends,
                    const oct_tensor* segment_decay) {
  const int64_t n = parameter->shape[0], segments = segment_ends->shape[0];
  const int64_t* ends = static_cast<const int64_t*>(segment_ends->data);
  const float* decay = static_cast<const float*>(segment_decay->data);
  const oct_status status = check_segments(ends, decay, segments, n);
  if (status != OCT_OK) return status;
  const Arrays arrays{static_cast<float*>(parameter->data), static_cast<const float*>(gradient->data), static_cast<float*>(buffer->data),
                      parameter_bf16 == nullptr ? nullptr : static_cast<bf16*>(parameter_bf16->data)};
  const auto run = sgd->first != 0 ? (sgd->nesterov != 0 ? step_of<true, true> : step_of<true, false>)
                                   : (sgd->nesterov != 0 ? step_of<false, true> : step_of<false, false>);
  parallel_for(context, (n + kPiece - 1) / kPiece, n, [=](int64_t first_piece, int64_t last_piece) {
    int64_t segment = 0;
    for (int64_t piece = first_piece; piece < last_piece; ++piece) {
      const int64_t end = (piece + 1) * kPiece < n ? (piece + 1) * kPiece : n;
      for (int64_t begin = piece * kPiece; begin < end;) {
        while (ends[segment] <= begin) ++segment;
        const int64_t stop = ends[segment] < end ? ends[segment] : end;
        run(*sgd, arrays, decay[segment], begin, stop);
        begin = stop;
      }
    }
  });
  return OCT_OK;
}

OCT_KERNEL_END
