#include "octothorpe/convert.h"

#include <cinttypes>
#include <cmath>

#include "check.h"

extern "C" {

oct_status oct_convert(oct_context* context, const oct_tensor* x, const oct_tensor* y) {
  constexpr const char* op = "convert";
  OCT_TRY(oct::check_context(op, context, context != nullptr && context->table->convert != nullptr));
  const oct::Argument from{"x", x}, to{"y", y};
  for (const oct::Argument argument : {from, to}) {
    OCT_TRY(oct::check_dense_any_rank(op, argument));
    OCT_TRY(oct::check_dtype(op, argument, {OCT_F32, OCT_BF16, OCT_I32, OCT_I64, OCT_U8}));
  }
  const bool floats = (x->dtype == OCT_F32 || x->dtype == OCT_BF16) && (y->dtype == OCT_F32 || y->dtype == OCT_BF16);
  if (x->dtype != y->dtype && !floats) {
    return oct::fail(OCT_INVALID_ARGUMENT, "%s: x is %s and y is %s, but different types must be f32 and bf16", op,
                     oct::dtype_name(x->dtype), oct::dtype_name(y->dtype));
  }
  OCT_TRY(oct::check_same_shape(op, from, to));
  OCT_TRY(oct::check_no_alias(op, from, to));
  return context->table->convert(context, x, y);
}

oct_status oct_normalize_pixels(oct_context* context, const oct_tensor* x, const float* mean, const float* deviation, const oct_tensor* y) {
  constexpr const char* op = "normalize_pixels";
  OCT_TRY(oct::check_context(op, context, context != nullptr && context->table->normalize_pixels != nullptr));
  const oct::Argument from{"x", x}, to{"y", y};
  OCT_TRY(oct::check_dense(op, from, 4));
  OCT_TRY(oct::check_dense(op, to, 4));
  OCT_TRY(oct::check_dtype(op, from, {OCT_U8}));
  OCT_TRY(oct::check_dtype(op, to, {OCT_F32, OCT_BF16}));
  OCT_TRY(oct::check_same_shape(op, from, to));
  OCT_TRY(oct::check_no_alias(op, from, to));
  const int64_t channels = x->shape[3];
  if (channels > 4) return oct::fail(OCT_INVALID_ARGUMENT, "%s: x has %" PRId64 " channels, but at most 4 are possible", op, channels);
  if (mean == nullptr || deviation == nullptr) {
    return oct::fail(OCT_INVALID_ARGUMENT, "%s: %s is null", op, mean == nullptr ? "mean" : "deviation");
  }
  for (int64_t c = 0; c < channels; ++c) {
    if (!std::isfinite(mean[c])) {
      return oct::fail(OCT_INVALID_ARGUMENT, "%s: mean[%" PRId64 "] is %g, but must be finite", op, c, static_cast<double>(mean[c]));
    }
    if (!std::isfinite(deviation[c]) || deviation[c] <= 0) {
      return oct::fail(OCT_INVALID_ARGUMENT, "%s: deviation[%" PRId64 "] is %g, but must be finite and > 0", op, c,
                       static_cast<double>(deviation[c]));
    }
  }
  return context->table->normalize_pixels(context, x, mean, deviation, y);
}

}  // extern "C"
