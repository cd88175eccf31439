// One pass over parameter, gradient and buffer: 20 bytes of traffic a parameter (22 with the BF16 copy), bound by memory.
#include "../error.h"
#include "kernels.h"
#include "parallel.h"
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

}  // namespace

oct_status sgd_step(oct_context* context, const oct_sgd* sgd, const oct_tensor* parameter, const oct_tensor* gradient,
                    const oct_tensor* buffer, const oct_tensor* parameter_bf16, const oct_tensor* segment_ends,
                    const oct_tensor* segment_decay) {
  const int64_t n = parameter->shape[0], segments = segment_ends->shape[0];
  const int64_t* ends = static_cast<const int64_t*>(segment_ends->data);
  const float* decay = static_cast<const float*>(segment_decay->data);
  const oct_status status = check_segments(ends, decay, segments, n);
  if (status != OCT_OK) return status;
  const SgdArrays arrays{static_cast<float*>(parameter->data), static_cast<const float*>(gradient->data), static_cast<float*>(buffer->data),
                         parameter_bf16 == nullptr ? nullptr : static_cast<bf16*>(parameter_bf16->data)};
  const SgdStep run = sgd_step_of(*sgd);
  parallel_for(context, (n + kSgdPiece - 1) / kSgdPiece, n, [=](int64_t first_piece, int64_t last_piece) {
    int64_t segment = 0;
    for (int64_t piece = first_piece; piece < last_piece; ++piece) {
      const int64_t end = (piece + 1) * kSgdPiece < n ? (piece + 1) * kSgdPiece : n;
      for (int64_t begin = piece * kSgdPiece; begin < end;) {
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
