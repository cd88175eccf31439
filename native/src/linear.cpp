#include <cmath>

#include "check_sgd.h"

namespace oct {
namespace {

// Shapes of the three tensors that every pass has in some form: x [B,D], weight [V,D], y [B,V].
oct_status check_shapes(const char* op, Argument x, Argument weight, Argument y) {
  for (const Argument& argument : {x, weight, y}) OCT_TRY(check_dense(op, argument, 2));
  OCT_TRY(check_extent(op, weight, 1, x.tensor->shape[1], "the number of inputs D"));
  OCT_TRY(check_extent(op, y, 0, x.tensor->shape[0], "the number of rows B"));
  return check_extent(op, y, 1, weight.tensor->shape[0], "the number of outputs V");
}

oct_status check_types(const char* op, Argument first, std::initializer_list<Argument> others) {
  OCT_TRY(check_dtype(op, first, {OCT_F32, OCT_BF16}));
  for (const Argument& other : others) {
    OCT_TRY(check_dtype(op, other, {OCT_F32, OCT_BF16}));
    OCT_TRY(check_same_dtype(op, first, other));
  }
  return OCT_OK;
}

constexpr const char* kOutputs = "the number of outputs V";

}  // namespace

oct_status check(const char* op, const oct_linear_forward_args& a) {
  const Argument x{"x", a.x}, weight{"weight", a.weight}, bias{"bias", a.bias}, y{"y", a.y};
  OCT_TRY(check_shapes(op, x, weight, y));
  OCT_TRY(check_types(op, x, {weight, y}));
  OCT_TRY(check_vector(op, bias, OCT_F32, a.weight.shape[0], kOutputs, true));
  return check_outputs_apart(op, {y}, {x, weight, bias});
}

oct_status check(const char* op, const oct_linear_backward_data_args& a) {
  const Argument dy{"dy", a.dy}, weight{"weight", a.weight}, dx{"dx", a.dx};
  OCT_TRY(check_shapes(op, dx, weight, dy));
  OCT_TRY(check_types(op, dy, {weight, dx}));
  return check_outputs_apart(op, {dx}, {dy, weight});
}

oct_status check(const char* op, const oct_linear_backward_weight_args& a) {
  const Argument x{"x", a.x}, dy{"dy", a.dy}, dweight{"dweight", a.dweight}, dbias{"dbias", a.dbias};
  OCT_TRY(check_shapes(op, x, dweight, dy));
  OCT_TRY(check_types(op, x, {dy}));
  OCT_TRY(check_dtype(op, dweight, {OCT_F32}));
  OCT_TRY(check_vector(op, dbias, OCT_F32, a.dweight.shape[0], kOutputs, true));
  return check_outputs_apart(op, {dweight, dbias}, {x, dy});
}

oct_status check(const char* op, const oct_linear_backward_weight_sgd_args& a) {
  const Argument x{"x", a.x}, dy{"dy", a.dy}, weight{"weight", a.weight}, buffer{"buffer", a.buffer};
  const Argument rounded{"weight_bf16", a.weight_bf16}, rates{"rates", a.rates};
  OCT_TRY(check_sgd(op, a.momentum, rates));
  if (!std::isfinite(a.decay) || a.decay < 0) {
    return fail(OCT_INVALID_ARGUMENT, "%s: decay is %g, but must be finite and >= 0", op, static_cast<double>(a.decay));
  }
  OCT_TRY(check_shapes(op, x, weight, dy));
  OCT_TRY(check_types(op, x, {dy}));
  OCT_TRY(check_dtype(op, weight, {OCT_F32}));
  OCT_TRY(check_dense(op, buffer, 2));
  OCT_TRY(check_dtype(op, buffer, {OCT_F32}));
  OCT_TRY(check_same_shape(op, weight, buffer));
  if (rounded.tensor != nullptr) {
    OCT_TRY(check_dense(op, rounded, 2));
    OCT_TRY(check_dtype(op, rounded, {OCT_BF16}));
    OCT_TRY(check_same_shape(op, weight, rounded));
  }
  return check_outputs_apart(op, {weight, buffer, rounded}, {x, dy, rates});
}

}  // namespace oct
