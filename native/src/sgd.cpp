#include "check_sgd.h"

namespace oct {

oct_status check_sgd(const char* op, float momentum, Argument rates) {
  if (!(momentum >= 0 && momentum < 1)) {
    return fail(OCT_INVALID_ARGUMENT, "%s: momentum is %g, but must be in [0,1)", op, static_cast<double>(momentum));
  }
  return check_vector(op, rates, OCT_F32, 2, "learning rate and gradient scale", false);
}

oct_status check(const char* op, const oct_sgd_step_args& a) {
  const Argument parameter{"parameter", a.parameter}, gradient{"gradient", a.gradient}, buffer{"buffer", a.buffer};
  const Argument rounded{"parameter_bf16", a.parameter_bf16}, ends{"segment_ends", a.segment_ends}, decay{"segment_decay", a.segment_decay};
  const Argument rates{"rates", a.rates};
  OCT_TRY(check_sgd(op, a.momentum, rates));
  for (const Argument argument : {parameter, gradient, buffer}) {
    OCT_TRY(check_dense(op, argument, 1));
    OCT_TRY(check_dtype(op, argument, {OCT_F32}));
    OCT_TRY(check_same_shape(op, parameter, argument));
  }
  if (rounded.tensor != nullptr) {
    OCT_TRY(check_dense(op, rounded, 1));
    OCT_TRY(check_dtype(op, rounded, {OCT_BF16}));
    OCT_TRY(check_same_shape(op, parameter, rounded));
  }
  OCT_TRY(check_dense(op, ends, 1));
  OCT_TRY(check_dtype(op, ends, {OCT_I64}));
  OCT_TRY(check_dense(op, decay, 1));
  OCT_TRY(check_dtype(op, decay, {OCT_F32}));
  OCT_TRY(check_same_shape(op, ends, decay));
  return check_outputs_apart(op, {parameter, buffer, rounded}, {gradient, ends, decay, rates});
}

}  // namespace oct
