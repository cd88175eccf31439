#include "octothorpe/sgd.h"

#include <cmath>

#include "check_sgd.h"

oct_status oct::check_sgd(const char* op, const oct_sgd* sgd) {
  if (sgd == nullptr) return oct::fail(OCT_INVALID_ARGUMENT, "%s: the parameters are null", op);
  if (!std::isfinite(sgd->learning_rate) || sgd->learning_rate < 0) {
    return oct::fail(OCT_INVALID_ARGUMENT, "%s: learning_rate is %g, but must be finite and >= 0", op,
                     static_cast<double>(sgd->learning_rate));
  }
  if (!(sgd->momentum >= 0 && sgd->momentum < 1)) {
    return oct::fail(OCT_INVALID_ARGUMENT, "%s: momentum is %g, but must be in [0,1)", op, static_cast<double>(sgd->momentum));
  }
  if (!std::isfinite(sgd->gradient_scale)) {
    return oct::fail(OCT_INVALID_ARGUMENT, "%s: gradient_scale is %g, but must be finite", op, static_cast<double>(sgd->gradient_scale));
  }
  return OCT_OK;
}

extern "C" {

oct_status oct_sgd_step(oct_context* context, const oct_sgd* sgd, const oct_tensor* parameter, const oct_tensor* gradient,
                        const oct_tensor* buffer, const oct_tensor* parameter_bf16, const oct_tensor* segment_ends,
                        const oct_tensor* segment_decay) {
  constexpr const char* op = "sgd_step";
  OCT_TRY(oct::check_context(op, context, context != nullptr && context->table->sgd_step != nullptr));
  OCT_TRY(oct::check_sgd(op, sgd));

  const oct::Argument p{"parameter", parameter}, rounded{"parameter_bf16", parameter_bf16};
  for (const oct::Argument argument : {p, oct::Argument{"gradient", gradient}, {"buffer", buffer}}) {
    OCT_TRY(oct::check_dense(op, argument, 1));
    OCT_TRY(oct::check_dtype(op, argument, {OCT_F32}));
    OCT_TRY(oct::check_same_shape(op, p, argument));
  }
  OCT_TRY(oct::check_no_alias(op, p, {"gradient", gradient}));
  OCT_TRY(oct::check_no_alias(op, p, {"buffer", buffer}));
  OCT_TRY(oct::check_no_alias(op, {"gradient", gradient}, {"buffer", buffer}));
  if (parameter_bf16 != nullptr) {
    OCT_TRY(oct::check_dense(op, rounded, 1));
    OCT_TRY(oct::check_dtype(op, rounded, {OCT_BF16}));
    OCT_TRY(oct::check_same_shape(op, p, rounded));
    for (const oct::Argument argument : {p, oct::Argument{"gradient", gradient}, {"buffer", buffer}}) {
      OCT_TRY(oct::check_no_alias(op, argument, rounded));
    }
  }
  const oct::Argument ends{"segment_ends", segment_ends}, decay{"segment_decay", segment_decay};
  OCT_TRY(oct::check_dense(op, ends, 1));
  OCT_TRY(oct::check_dtype(op, ends, {OCT_I64}));
  OCT_TRY(oct::check_dense(op, decay, 1));
  OCT_TRY(oct::check_dtype(op, decay, {OCT_F32}));
  OCT_TRY(oct::check_same_shape(op, ends, decay));
  return context->table->sgd_step(context, sgd, parameter, gradient, buffer, parameter_bf16, segment_ends, segment_decay);
}

}  // extern "C"
