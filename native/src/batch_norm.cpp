#include <cmath>

#include "check.h"

namespace oct {
namespace {

oct_status check_options(const char* op, const oct_batch_norm& norm) {
  if (!std::isfinite(norm.epsilon) || norm.epsilon <= 0) {
    return fail(OCT_INVALID_ARGUMENT, "%s: epsilon is %g, but must be finite and > 0", op, static_cast<double>(norm.epsilon));
  }
  if (!(norm.momentum >= 0 && norm.momentum <= 1)) {
    return fail(OCT_INVALID_ARGUMENT, "%s: momentum is %g, but must be in [0,1]", op, static_cast<double>(norm.momentum));
  }
  return OCT_OK;
}

// [N,H,W,C], F32 or BF16.
oct_status check_maps(const char* op, Argument x) {
  OCT_TRY(check_dense(op, x, 4));
  return check_dtype(op, x, {OCT_F32, OCT_BF16});
}

// As x.
oct_status check_like(const char* op, Argument x, Argument other) {
  OCT_TRY(check_maps(op, other));
  OCT_TRY(check_same_dtype(op, x, other));
  return check_same_shape(op, x, other);
}

// f32 [C] each.
oct_status check_channels(const char* op, Argument x, std::initializer_list<Argument> vectors) {
  for (const Argument& vector : vectors) OCT_TRY(check_vector(op, vector, OCT_F32, x.tensor->shape[3], "the number of channels", false));
  return OCT_OK;
}

// What both backward passes share; `mean` and `spread` are the statistics they go by.
template <class Args>
oct_status check_backward(const char* op, const Args& a, Argument mean, Argument spread) {
  const Argument x{"x", a.x}, y{"y", a.y}, weight{"weight", a.weight}, dy{"dy", a.dy}, dx{"dx", a.dx}, dresidual{"dresidual", a.dresidual};
  const Argument dweight{"dweight", a.dweight}, dbias{"dbias", a.dbias};
  OCT_TRY(check_options(op, a.norm));
  OCT_TRY(check_maps(op, x));
  OCT_TRY(check_like(op, x, dy));
  OCT_TRY(check_like(op, x, dx));
  if (a.norm.relu != 0) {
    if (y.tensor == nullptr) return fail(OCT_INVALID_ARGUMENT, "%s: y is missing, but relu needs the output of the forward pass", op);
    OCT_TRY(check_like(op, x, y));
    OCT_TRY(check_alias_or_apart(op, y, dx));
  } else if (y.tensor != nullptr) {
    return fail(OCT_INVALID_ARGUMENT, "%s: y is given, but must be absent without relu", op);
  }
  OCT_TRY(check_alias_or_apart(op, dy, dx));
  OCT_TRY(check_no_alias(op, x, dx));
  if (dresidual.tensor != nullptr) {
    OCT_TRY(check_like(op, x, dresidual));
    OCT_TRY(check_alias_or_apart(op, dy, dresidual));
    OCT_TRY(check_outputs_apart(op, {dresidual}, {x, y, dx}));
  }
  OCT_TRY(check_channels(op, x, {weight, mean, spread, dweight, dbias}));
  for (const Argument& output : {dx, dresidual}) OCT_TRY(check_outputs_apart(op, {output}, {weight, mean, spread}));
  return check_outputs_apart(op, {dweight, dbias}, {x, y, weight, mean, spread, dy, dx, dresidual});
}

}  // namespace

oct_status check(const char* op, const oct_batch_norm_forward_training_args& a) {
  const Argument x{"x", a.x}, y{"y", a.y}, residual{"residual", a.residual}, weight{"weight", a.weight}, bias{"bias", a.bias};
  const Argument mean{"saved_mean", a.saved_mean}, rstd{"saved_rstd", a.saved_rstd};
  const Argument running{"running_mean", a.running_mean}, variance{"running_variance", a.running_variance};
  OCT_TRY(check_options(op, a.norm));
  OCT_TRY(check_maps(op, x));
  OCT_TRY(check_like(op, x, y));
  OCT_TRY(check_no_alias(op, x, y));
  if (residual.tensor != nullptr) {
    OCT_TRY(check_like(op, x, residual));
    OCT_TRY(check_alias_or_apart(op, residual, y));
  }
  OCT_TRY(check_channels(op, x, {weight, bias, mean, rstd}));
  OCT_TRY(check_both_or_none(op, running, variance));
  if (running.tensor != nullptr) OCT_TRY(check_channels(op, x, {running, variance}));
  OCT_TRY(check_outputs_apart(op, {y}, {weight, bias}));
  OCT_TRY(check_outputs_apart(op, {mean, rstd, running, variance}, {x, y, residual, weight, bias}));
  if (a.x.shape[0] * a.x.shape[1] * a.x.shape[2] < 2) {
    return fail(OCT_INVALID_ARGUMENT, "%s: x has 1 value per channel, but N H W must be >= 2 for a variance", op);
  }
  return OCT_OK;
}

oct_status check(const char* op, const oct_batch_norm_forward_inference_args& a) {
  const Argument x{"x", a.x}, y{"y", a.y}, residual{"residual", a.residual}, weight{"weight", a.weight}, bias{"bias", a.bias};
  const Argument mean{"running_mean", a.running_mean}, variance{"running_variance", a.running_variance};
  OCT_TRY(check_options(op, a.norm));
  OCT_TRY(check_maps(op, x));
  OCT_TRY(check_like(op, x, y));
  OCT_TRY(check_alias_or_apart(op, x, y));
  if (residual.tensor != nullptr) {
    OCT_TRY(check_like(op, x, residual));
    OCT_TRY(check_alias_or_apart(op, residual, y));
  }
  OCT_TRY(check_channels(op, x, {weight, bias, mean, variance}));
  return check_outputs_apart(op, {y}, {weight, bias, mean, variance});
}

oct_status check(const char* op, const oct_batch_norm_backward_training_args& a) {
  return check_backward(op, a, {"saved_mean", a.saved_mean}, {"saved_rstd", a.saved_rstd});
}

oct_status check(const char* op, const oct_batch_norm_backward_inference_args& a) {
  return check_backward(op, a, {"running_mean", a.running_mean}, {"running_variance", a.running_variance});
}

}  // namespace oct
