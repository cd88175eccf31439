#include "octothorpe/max_pool.h"

#include <cinttypes>

#include "check.h"

namespace {

oct_status check_pool(const char* op, const oct_max_pool* pool) {
  if (pool == nullptr) return oct::fail(OCT_INVALID_ARGUMENT, "%s: the parameters are null", op);
  if (pool->kernel < 1 || pool->kernel > 15) {
    return oct::fail(OCT_INVALID_ARGUMENT, "%s: kernel is %" PRId64 ", but must be in [1,15]", op, pool->kernel);
  }
  if (pool->stride < 1) return oct::fail(OCT_INVALID_ARGUMENT, "%s: stride is %" PRId64 ", but must be >= 1", op, pool->stride);
  if (pool->padding < 0 || pool->padding > pool->kernel / 2) {
    return oct::fail(OCT_INVALID_ARGUMENT, "%s: padding is %" PRId64 ", but must be in [0,%" PRId64 "], half the kernel", op, pool->padding,
                     pool->kernel / 2);
  }
  return OCT_OK;
}

// `maps` [N,H,W,C] and `pooled` [N,P,Q,C].
oct_status check_pair(const char* op, const oct_max_pool& pool, oct::Argument maps, oct::Argument pooled) {
  for (const oct::Argument argument : {maps, pooled}) {
    OCT_TRY(oct::check_dense(op, argument, 4));
    OCT_TRY(oct::check_dtype(op, argument, {OCT_F32, OCT_BF16}));
  }
  OCT_TRY(oct::check_same_dtype(op, maps, pooled));
  OCT_TRY(oct::check_extent(op, pooled, 0, maps.tensor->shape[0], "the number of images"));
  for (int32_t axis = 1; axis <= 2; ++axis) {
    const int64_t extent = maps.tensor->shape[axis];
    if (extent + 2 * pool.padding < pool.kernel) {
      return oct::fail(OCT_INVALID_ARGUMENT,
                       "%s: axis %d of %s is %" PRId64 " and the padding %" PRId64 ", but the kernel %" PRId64
                       " must fit into extent + 2 padding",
                       op, axis, maps.name, extent, pool.padding, pool.kernel);
    }
    OCT_TRY(oct::check_extent(op, pooled, axis, (extent + 2 * pool.padding - pool.kernel) / pool.stride + 1,
                              "(extent + 2 padding - kernel) / stride + 1"));
  }
  OCT_TRY(oct::check_extent(op, pooled, 3, maps.tensor->shape[3], "the number of channels"));
  return oct::check_no_alias(op, maps, pooled);
}

oct_status check_index(const char* op, oct::Argument maps, oct::Argument pooled, oct::Argument index) {
  OCT_TRY(oct::check_dense(op, index, 4));
  OCT_TRY(oct::check_dtype(op, index, {OCT_U8}));
  OCT_TRY(oct::check_same_shape(op, pooled, index));
  OCT_TRY(oct::check_no_alias(op, maps, index));
  return oct::check_no_alias(op, pooled, index);
}

}  // namespace

extern "C" {

oct_status oct_max_pool_forward(oct_context* context, const oct_max_pool* pool, const oct_tensor* x, const oct_tensor* y,
                                const oct_tensor* index) {
  constexpr const char* op = "max_pool_forward";
  OCT_TRY(oct::check_context(op, context, context != nullptr && context->table->max_pool_forward != nullptr));
  OCT_TRY(check_pool(op, pool));
  OCT_TRY(check_pair(op, *pool, {"x", x}, {"y", y}));
  if (index != nullptr) OCT_TRY(check_index(op, {"x", x}, {"y", y}, {"index", index}));
  return context->table->max_pool_forward(context, pool, x, y, index);
}

oct_status oct_max_pool_backward(oct_context* context, const oct_max_pool* pool, const oct_tensor* dy, const oct_tensor* index,
                                 const oct_tensor* dx) {
  constexpr const char* op = "max_pool_backward";
  OCT_TRY(oct::check_context(op, context, context != nullptr && context->table->max_pool_backward != nullptr));
  OCT_TRY(check_pool(op, pool));
  OCT_TRY(check_pair(op, *pool, {"dx", dx}, {"dy", dy}));
  OCT_TRY(check_index(op, {"dx", dx}, {"dy", dy}, {"index", index}));
  return context->table->max_pool_backward(context, pool, dy, index, dx);
}

}  // extern "C"
