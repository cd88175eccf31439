#include <cinttypes>

#include "check.h"

oct_status oct::check(const char* op, const oct_normalize_pixels_args& a) {
  const Argument from{"x", a.x}, to{"y", a.y};
  OCT_TRY(check_dense(op, from, 4));
  OCT_TRY(check_dense(op, to, 4));
  OCT_TRY(check_dtype(op, from, {OCT_U8}));
  OCT_TRY(check_dtype(op, to, {OCT_F32, OCT_BF16}));
  OCT_TRY(check_same_shape(op, from, to));
  OCT_TRY(check_no_alias(op, from, to));
  const int64_t channels = a.x.shape[3];
  if (channels > 4) return fail(OCT_INVALID_ARGUMENT, "%s: x has %" PRId64 " channels, but at most 4 are possible", op, channels);
  return check_pixel_statistics(op, a.mean, a.deviation, channels);
}
