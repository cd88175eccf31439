#include "octothorpe/global_average_pool.h"

#include "check.h"

namespace {

// `maps` [N,H,W,C] and `means` [N,C] of one type, apart in memory.
oct_status check_pair(const char* op, oct::Argument maps, oct::Argument means) {
  OCT_TRY(oct::check_dense(op, maps, 4));
  OCT_TRY(oct::check_dense(op, means, 2));
  OCT_TRY(oct::check_dtype(op, maps, {OCT_F32, OCT_BF16}));
  OCT_TRY(oct::check_dtype(op, means, {OCT_F32, OCT_BF16}));
  OCT_TRY(oct::check_same_dtype(op, maps, means));
  OCT_TRY(oct::check_extent(op, means, 0, maps.tensor->shape[0], "the number of images"));
  OCT_TRY(oct::check_extent(op, means, 1, maps.tensor->shape[3], "the number of channels"));
  return oct::check_no_alias(op, maps, means);
}

}  // namespace

extern "C" {

oct_status oct_global_average_pool_forward(oct_context* context, const oct_tensor* x, const oct_tensor* y) {
  constexpr const char* op = "global_average_pool_forward";
  OCT_TRY(oct::check_context(op, context, context != nullptr && context->table->global_average_pool_forward != nullptr));
  OCT_TRY(check_pair(op, {"x", x}, {"y", y}));
  return context->table->global_average_pool_forward(context, x, y);
}

oct_status oct_global_average_pool_backward(oct_context* context, const oct_tensor* dy, const oct_tensor* dx) {
  constexpr const char* op = "global_average_pool_backward";
  OCT_TRY(oct::check_context(op, context, context != nullptr && context->table->global_average_pool_backward != nullptr));
  OCT_TRY(check_pair(op, {"dx", dx}, {"dy", dy}));
  return context->table->global_average_pool_backward(context, dy, dx);
}

}  // extern "C"
