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

oct_status oct::check(const char* op, const oct_global_average_pool_forward_args& a) { return check_pair(op, {"x", a.x}, {"y", a.y}); }
oct_status oct::check(const char* op, const oct_global_average_pool_backward_args& a) { return check_pair(op, {"dx", a.dx}, {"dy", a.dy}); }
