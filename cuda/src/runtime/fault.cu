// The texts of faults that kernels report.
#include <cinttypes>
#include <cstring>

#include "runtime/fault.h"
#include "runtime/state.h"

namespace oct::cuda {
namespace {

double float_of(int64_t number) {
  const auto bits = static_cast<uint32_t>(number);
  float value;
  memcpy(&value, &bits, sizeof value);
  return static_cast<double>(value);
}

}  // namespace

oct_status fail(const oct_context* context, const Fault& fault) {
  const int64_t a = fault.where[0], b = fault.where[1], c = fault.where[2];
  switch (fault.rule) {
    case kLabelOutOfRange:
      return fail(context, OCT_INVALID_ARGUMENT, "labels: row %" PRId64 " has the label %" PRId64 ", but it must be in [0,%" PRId64 ")", b,
                  a, c);
    case kOffsetsBroken:
      return fail(context, OCT_INVALID_ARGUMENT,
                  "offsets: row %" PRId64 " goes from %" PRId64 " to %" PRId64
                  "; offsets must begin with 0, grow by at least 1 per row and stay within the labels",
                  a, b, c);
    case kImageOutOfRange:
      return fail(context, OCT_INVALID_ARGUMENT,
                  "pixels: image %" PRId64 " begins at byte %" PRId64 " and does not lie within %" PRId64 " bytes", a, b, c);
    case kCropOutOfRange:
      return fail(context, OCT_INVALID_ARGUMENT, "geometry: image %" PRId64 " has a crop that is empty or not inside the image", a);
    case kDecayOutOfRange:
      return fail(context, OCT_INVALID_ARGUMENT, "segment_decay[%" PRId64 "] is %g, but must be finite and >= 0", a, float_of(b));
    case kLearningRateOutOfRange:
      return fail(context, OCT_INVALID_ARGUMENT, "rates: learning_rate is %g, but must be finite and >= 0", float_of(a));
    case kGradientScaleOutOfRange:
      return fail(context, OCT_INVALID_ARGUMENT, "rates: gradient_scale is %g, but must be finite", float_of(a));
    default:
      return fail(context, OCT_INVALID_ARGUMENT,
                  "segment_ends: segment %" PRId64 " ends at %" PRId64 " after %" PRId64 "; ends must ascend and the last be the length", a,
                  b, c);
  }
}

}  // namespace oct::cuda
