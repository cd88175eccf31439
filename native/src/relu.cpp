#include "octothorpe/relu.h"

#include "check.h"

extern "C" {

oct_status oct_relu_forward(oct_context* context, const oct_tensor* x, const oct_tensor* y) {
  constexpr const char* op = "relu_forward";
  OCT_TRY(oct::check_context(op, context, context != nullptr && context->table->relu_forward != nullptr));
  OCT_TRY(oct::check_dense_any_rank(op, {"x", x}));
  OCT_TRY(oct::check_dense_any_rank(op, {"y", y}));
  OCT_TRY(oct::check_dtype(op, {"x", x}, {OCT_F32, OCT_BF16}));
  OCT_TRY(oct::check_dtype(op, {"y", y}, {OCT_F32, OCT_BF16}));
  OCT_TRY(oct::check_same_dtype(op, {"x", x}, {"y", y}));
  OCT_TRY(oct::check_same_shape(op, {"x", x}, {"y", y}));
  OCT_TRY(oct::check_alias_or_apart(op, {"x", x}, {"y", y}));
  return context->table->relu_forward(context, x, y);
}

oct_status oct_relu_backward(oct_context* context, const oct_tensor* y, const oct_tensor* dy, const oct_tensor* dx) {
  constexpr const char* op = "relu_backward";
  OCT_TRY(oct::check_context(op, context, context != nullptr && context->table->relu_backward != nullptr));
  for (const oct::Argument argument : {oct::Argument{"y", y}, {"dy", dy}, {"dx", dx}}) {
    OCT_TRY(oct::check_dense_any_rank(op, argument));
    OCT_TRY(oct::check_dtype(op, argument, {OCT_F32, OCT_BF16}));
    OCT_TRY(oct::check_same_dtype(op, {"y", y}, argument));
    OCT_TRY(oct::check_same_shape(op, {"y", y}, argument));
  }
  OCT_TRY(oct::check_alias_or_apart(op, {"dy", dy}, {"dx", dx}));
  OCT_TRY(oct::check_alias_or_apart(op, {"y", y}, {"dx", dx}));
  return context->table->relu_backward(context, y, dy, dx);
}

}  // extern "C"
