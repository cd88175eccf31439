#include "check.h"

oct_status oct::check(const char* op, const oct_relu_forward_args& a) {
  const Argument x{"x", a.x}, y{"y", a.y};
  for (const Argument argument : {x, y}) {
    OCT_TRY(check_dense_any_rank(op, argument));
    OCT_TRY(check_dtype(op, argument, {OCT_F32, OCT_BF16}));
    OCT_TRY(check_same_dtype(op, x, argument));
    OCT_TRY(check_same_shape(op, x, argument));
  }
  return check_alias_or_apart(op, x, y);
}

oct_status oct::check(const char* op, const oct_relu_backward_args& a) {
  const Argument y{"y", a.y}, dy{"dy", a.dy}, dx{"dx", a.dx};
  for (const Argument argument : {y, dy, dx}) {
    OCT_TRY(check_dense_any_rank(op, argument));
    OCT_TRY(check_dtype(op, argument, {OCT_F32, OCT_BF16}));
    OCT_TRY(check_same_dtype(op, y, argument));
    OCT_TRY(check_same_shape(op, y, argument));
  }
  OCT_TRY(check_alias_or_apart(op, dy, dx));
  return check_alias_or_apart(op, y, dx);
}
