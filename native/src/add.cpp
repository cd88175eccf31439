#include "check.h"

oct_status oct::check(const char* op, const oct_add_args& a) {
  const Argument y{"y", a.y};
  for (const Argument argument : {Argument{"a", a.a}, {"b", a.b}, y}) {
    OCT_TRY(check_dense_any_rank(op, argument));
    OCT_TRY(check_dtype(op, argument, {OCT_F32, OCT_BF16}));
    OCT_TRY(check_same_dtype(op, {"a", a.a}, argument));
    OCT_TRY(check_same_shape(op, {"a", a.a}, argument));
  }
  OCT_TRY(check_alias_or_apart(op, {"a", a.a}, y));
  return check_alias_or_apart(op, {"b", a.b}, y);
}
