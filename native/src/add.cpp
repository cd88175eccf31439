#include "octothorpe/add.h"

#include "check.h"

extern "C" {

oct_status oct_add(oct_context* context, const oct_tensor* a, const oct_tensor* b, const oct_tensor* y) {
  constexpr const char* op = "add";
  OCT_TRY(oct::check_context(op, context, context != nullptr && context->table->add != nullptr));
  for (const oct::Argument argument : {oct::Argument{"a", a}, {"b", b}, {"y", y}}) {
    OCT_TRY(oct::check_dense_any_rank(op, argument));
    OCT_TRY(oct::check_dtype(op, argument, {OCT_F32, OCT_BF16}));
    OCT_TRY(oct::check_same_dtype(op, {"a", a}, argument));
    OCT_TRY(oct::check_same_shape(op, {"a", a}, argument));
  }
  OCT_TRY(oct::check_alias_or_apart(op, {"a", a}, {"y", y}));
  OCT_TRY(oct::check_alias_or_apart(op, {"b", b}, {"y", y}));
  return context->table->add(context, a, b, y);
}

}  // extern "C"
