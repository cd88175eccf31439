#include "check.h"

oct_status oct::check(const char* op, const oct_convert_args& a) {
  const Argument from{"x", a.x}, to{"y", a.y};
  for (const Argument argument : {from, to}) {
    OCT_TRY(check_dense_any_rank(op, argument));
    OCT_TRY(check_dtype(op, argument, {OCT_F32, OCT_BF16, OCT_I32, OCT_I64, OCT_U8}));
  }
  const bool floats = (a.x.dtype == OCT_F32 || a.x.dtype == OCT_BF16) && (a.y.dtype == OCT_F32 || a.y.dtype == OCT_BF16);
  if (a.x.dtype != a.y.dtype && !floats) {
    return fail(OCT_INVALID_ARGUMENT, "%s: x is %s and y is %s, but different types must be f32 and bf16", op, dtype_name(a.x.dtype),
                dtype_name(a.y.dtype));
  }
  OCT_TRY(check_same_shape(op, from, to));
  return check_no_alias(op, from, to);
}
