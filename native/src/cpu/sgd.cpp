// One pass over parameter, gradient and buffer: 20 bytes of traffic per parameter (22 with the BF16 copy), bound by memory.
#include "../error.h"
#include "integers.h"
#include "kernels.h"
#include "parallel.h"
#include "prepare.h"
#include "sgd_step.h"

OCT_KERNEL_BEGIN

namespace {

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

oct_status run(oct_call* call) {
  const auto& a = args<oct_sgd_step_args>(call);
  const int64_t n = a.parameter.shape[0];
  const int64_t* ends = data<int64_t>(a.segment_ends);
  const float* decay = data<float>(a.segment_decay);
  const SgdRates rates{data<float>(a.rates)[0], data<float>(a.rates)[1], a.momentum};
  oct_status status = check_rates("sgd_step", rates);
  if (status == OCT_OK) status = check_segments(ends, decay, a.segment_ends.shape[0], n);
  if (status != OCT_OK) return status;
  const SgdArrays arrays{data<float>(a.parameter), data<float>(a.gradient), data<float>(a.buffer), data<bf16>(a.parameter_bf16)};
  const SgdStep step = sgd_step_of(a.nesterov != 0, arrays.rounded != nullptr);
  parallel_for(call->context, ceil_div(n, kSgdPiece), n, [=](int64_t first_piece, int64_t last_piece) {
    int64_t segment = 0;
    for (int64_t piece = first_piece; piece < last_piece; ++piece) {
      const int64_t end = min_of((piece + 1) * kSgdPiece, n);
      for (int64_t begin = piece * kSgdPiece; begin < end;) {
        while (ends[segment] <= begin) ++segment;
        const int64_t stop = min_of(ends[segment], end);
        step(rates, arrays, decay[segment], begin, stop);
        begin = stop;
      }
    }
  });
  return OCT_OK;
}

}  // namespace

oct_status sgd_step(oct_call* call) {
  call->run = run;
  return OCT_OK;
}

OCT_KERNEL_END
