#include <cinttypes>

#include "check.h"

namespace {

oct_status check_pool(const char* op, const oct_max_pool& pool) {
  if (pool.kernel < 1 || pool.kernel > 15) {
    return oct::fail(OCT_INVALID_ARGUMENT, "%s: kernel is %" PRId64 ", but must be in [1,15]", op, pool.kernel);
  }
  if (pool.stride < 1) return oct::fail(OCT_INVALID_ARGUMENT, "%s: stride is %" PRId64 ", but must be >= 1", op, pool.stride);
  if (pool.padding < 0 || pool.padding > pool.kernel / 2) {
    return oct::fail(OCT_INVALID_ARGUMENT, "%s: padding is %" PRId64 ", but must be in [0,%" PRId64 "], half the kernel", op, pool.padding,
                     pool.kernel / 2);
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

oct_status oct::check(const char* op, const oct_max_pool_forward_args& a) {
  const Argument x{"x", a.x}, y{"y", a.y}, index{"index", a.index};
  OCT_TRY(check_pool(op, a.pool));
  OCT_TRY(check_pair(op, a.pool, x, y));
  return index.tensor == nullptr ? OCT_OK : check_index(op, x, y, index);
}

oct_status oct::check(const char* op, const oct_max_pool_backward_args& a) {
  const Argument dx{"dx", a.dx}, dy{"dy", a.dy};
  OCT_TRY(check_pool(op, a.pool));
  OCT_TRY(check_pair(op, a.pool, dx, dy));
  return check_index(op, dx, dy, {"index", a.index});
}
