#include "octothorpe/batch_norm.h"

#include <cmath>

#include "check.h"

namespace {

using oct::Argument;

oct_status check_parameters(const char* op, const oct_batch_norm* bn) {
  if (bn == nullptr) return oct::fail(OCT_INVALID_ARGUMENT, "%s: the parameters are null", op);
  if (!std::isfinite(bn->epsilon) || bn->epsilon <= 0) {
    return oct::fail(OCT_INVALID_ARGUMENT, "%s: epsilon is %g, but must be finite and > 0", op, static_cast<double>(bn->epsilon));
  }
  if (!(bn->momentum >= 0 && bn->momentum <= 1)) {
    return oct::fail(OCT_INVALID_ARGUMENT, "%s: momentum is %g, but must be in [0,1]", op, static_cast<double>(bn->momentum));
  }
  return OCT_OK;
}

// [N,H,W,C], F32 or BF16.
oct_status check_maps(const char* op, Argument x) {
  OCT_TRY(oct::check_dense(op, x, 4));
  return oct::check_dtype(op, x, {OCT_F32, OCT_BF16});
}

// As x.
oct_status check_like(const char* op, Argument x, Argument other) {
  OCT_TRY(check_maps(op, other));
  OCT_TRY(oct::check_same_dtype(op, x, other));
  return oct::check_same_shape(op, x, other);
}

// f32[C], apart from every tensor of activations.
oct_status check_channels(const char* op, Argument x, Argument other) {
  OCT_TRY(oct::check_dense(op, other, 1));
  OCT_TRY(oct::check_dtype(op, other, {OCT_F32}));
  return oct::check_extent(op, other, 0, x.tensor->shape[3], "the number of channels");
}

// The outputs among `channels` (f32[C] each) may overlap nothing.
oct_status check_apart(const char* op, std::initializer_list<Argument> outputs, std::initializer_list<Argument> others) {
  for (const Argument& output : outputs) {
    if (output.tensor == nullptr) continue;
    for (const Argument& other : outputs) {
      if (&other != &output && other.tensor != nullptr) OCT_TRY(oct::check_no_alias(op, output, other));
    }
    for (const Argument& other : others) {
      if (other.tensor != nullptr) OCT_TRY(oct::check_no_alias(op, output, other));
    }
  }
  return OCT_OK;
}

oct_status check_scratch(const char* op, oct_context* context, const oct_tensor* x, const void* workspace, size_t bytes) {
  size_t needed = 0;
  OCT_TRY(context->table->batch_norm_workspace(context, x, &needed));
  return oct::check_workspace(op, workspace, bytes, needed);
}

// What both backward passes share; `mean` and `spread` are the statistics they go by.
oct_status check_backward(const char* op, oct_context* context, const oct_batch_norm* bn, Argument x, Argument y, Argument weight,
                          Argument mean, Argument spread, Argument dy, Argument dx, Argument dresidual, Argument dweight, Argument dbias,
                          const void* workspace, size_t bytes) {
  OCT_TRY(check_parameters(op, bn));
  OCT_TRY(check_maps(op, x));
  OCT_TRY(check_like(op, x, dy));
  OCT_TRY(check_like(op, x, dx));
  if (bn->relu != 0) {
    if (y.tensor == nullptr) return oct::fail(OCT_INVALID_ARGUMENT, "%s: y is null, but relu needs the output of the forward pass", op);
    OCT_TRY(check_like(op, x, y));
    OCT_TRY(oct::check_alias_or_apart(op, y, dx));
  } else if (y.tensor != nullptr) {
    return oct::fail(OCT_INVALID_ARGUMENT, "%s: y is given, but must be null without relu", op);
  }
  OCT_TRY(oct::check_alias_or_apart(op, dy, dx));
  OCT_TRY(oct::check_no_alias(op, x, dx));
  if (dresidual.tensor != nullptr) {
    OCT_TRY(check_like(op, x, dresidual));
    OCT_TRY(oct::check_alias_or_apart(op, dy, dresidual));
    OCT_TRY(oct::check_no_alias(op, dx, dresidual));
    OCT_TRY(oct::check_no_alias(op, x, dresidual));
    if (y.tensor != nullptr) OCT_TRY(oct::check_no_alias(op, y, dresidual));
  }
  for (const Argument argument : {weight, mean, spread, dweight, dbias}) OCT_TRY(check_channels(op, x, argument));
  OCT_TRY(check_apart(op, {dweight, dbias}, {x, y, weight, mean, spread, dy, dx, dresidual}));
  return check_scratch(op, context, x.tensor, workspace, bytes);
}

}  // namespace

extern "C" {

oct_status oct_batch_norm_workspace(oct_context* context, const oct_tensor* x, size_t* bytes) {
  constexpr const char* op = "batch_norm_workspace";
  OCT_TRY(oct::check_context(op, context, context != nullptr && context->table->batch_norm_workspace != nullptr));
  OCT_TRY(oct::check_dense(op, {"x", x}, 4));
  if (bytes == nullptr) return oct::fail(OCT_INVALID_ARGUMENT, "%s: the output pointer is null", op);
  return context->table->batch_norm_workspace(context, x, bytes);
}

oct_status oct_batch_norm_forward_training(oct_context* context, const oct_batch_norm* bn, const oct_tensor* x, const oct_tensor* weight,
                                           const oct_tensor* bias, const oct_tensor* residual, const oct_tensor* running_mean,
                                           const oct_tensor* running_variance, const oct_tensor* saved_mean, const oct_tensor* saved_rstd,
                                           const oct_tensor* y, void* workspace, size_t workspace_bytes) {
  constexpr const char* op = "batch_norm_forward_training";
  OCT_TRY(oct::check_context(op, context, context != nullptr && context->table->batch_norm_forward_training != nullptr));
  OCT_TRY(check_parameters(op, bn));
  const Argument input{"x", x}, output{"y", y}, rest{"residual", residual};
  OCT_TRY(check_maps(op, input));
  OCT_TRY(check_like(op, input, output));
  OCT_TRY(oct::check_no_alias(op, input, output));
  if (residual != nullptr) {
    OCT_TRY(check_like(op, input, rest));
    OCT_TRY(oct::check_alias_or_apart(op, rest, output));
  }
  const Argument scale{"weight", weight}, shift{"bias", bias}, mean{"saved_mean", saved_mean}, rstd{"saved_rstd", saved_rstd};
  for (const Argument argument : {scale, shift, mean, rstd}) OCT_TRY(check_channels(op, input, argument));
  const Argument running{"running_mean", running_mean}, variance{"running_variance", running_variance};
  if ((running_mean == nullptr) != (running_variance == nullptr)) {
    return oct::fail(OCT_INVALID_ARGUMENT, "%s: %s is null and the other is not; both or none must be null", op,
                     running_mean == nullptr ? "running_mean" : "running_variance");
  }
  if (running_mean != nullptr) {
    OCT_TRY(check_channels(op, input, running));
    OCT_TRY(check_channels(op, input, variance));
  }
  OCT_TRY(check_apart(op, {mean, rstd, running, variance}, {input, output, rest, scale, shift}));
  if (x->shape[0] * x->shape[1] * x->shape[2] < 2) {
    return oct::fail(OCT_INVALID_ARGUMENT, "%s: x has 1 value a channel, but N H W must be >= 2 for a variance", op);
  }
  OCT_TRY(check_scratch(op, context, x, workspace, workspace_bytes));
  return context->table->batch_norm_forward_training(context, bn, x, weight, bias, residual, running_mean, running_variance, saved_mean,
                                                     saved_rstd, y, workspace, workspace_bytes);
}

oct_status oct_batch_norm_forward_inference(oct_context* context, const oct_batch_norm* bn, const oct_tensor* x, const oct_tensor* weight,
                                            const oct_tensor* bias, const oct_tensor* residual, const oct_tensor* running_mean,
                                            const oct_tensor* running_variance, const oct_tensor* y) {
  constexpr const char* op = "batch_norm_forward_inference";
  OCT_TRY(oct::check_context(op, context, context != nullptr && context->table->batch_norm_forward_inference != nullptr));
  OCT_TRY(check_parameters(op, bn));
  const Argument input{"x", x}, output{"y", y};
  OCT_TRY(check_maps(op, input));
  OCT_TRY(check_like(op, input, output));
  OCT_TRY(oct::check_alias_or_apart(op, input, output));
  if (residual != nullptr) {
    OCT_TRY(check_like(op, input, {"residual", residual}));
    OCT_TRY(oct::check_alias_or_apart(op, {"residual", residual}, output));
  }
  for (const Argument argument :
       {Argument{"weight", weight}, {"bias", bias}, {"running_mean", running_mean}, {"running_variance", running_variance}}) {
    OCT_TRY(check_channels(op, input, argument));
    OCT_TRY(oct::check_no_alias(op, argument, output));
  }
  return context->table->batch_norm_forward_inference(context, bn, x, weight, bias, residual, running_mean, running_variance, y);
}

oct_status oct_batch_norm_backward_training(oct_context* context, const oct_batch_norm* bn, const oct_tensor* x, const oct_tensor* y,
                                            const oct_tensor* weight, const oct_tensor* saved_mean, const oct_tensor* saved_rstd,
                                            const oct_tensor* dy, const oct_tensor* dx, const oct_tensor* dresidual,
                                            const oct_tensor* dweight, const oct_tensor* dbias, void* workspace, size_t workspace_bytes) {
  constexpr const char* op = "batch_norm_backward_training";
  OCT_TRY(oct::check_context(op, context, context != nullptr && context->table->batch_norm_backward_training != nullptr));
  OCT_TRY(check_backward(op, context, bn, {"x", x}, {"y", y}, {"weight", weight}, {"saved_mean", saved_mean}, {"saved_rstd", saved_rstd},
                         {"dy", dy}, {"dx", dx}, {"dresidual", dresidual}, {"dweight", dweight}, {"dbias", dbias}, workspace,
                         workspace_bytes));
  return context->table->batch_norm_backward_training(context, bn, x, y, weight, saved_mean, saved_rstd, dy, dx, dresidual, dweight, dbias,
                                                      workspace, workspace_bytes);
}

oct_status oct_batch_norm_backward_inference(oct_context* context, const oct_batch_norm* bn, const oct_tensor* x, const oct_tensor* y,
                                             const oct_tensor* weight, const oct_tensor* running_mean, const oct_tensor* running_variance,
                                             const oct_tensor* dy, const oct_tensor* dx, const oct_tensor* dresidual,
                                             const oct_tensor* dweight, const oct_tensor* dbias, void* workspace, size_t workspace_bytes) {
  constexpr const char* op = "batch_norm_backward_inference";
  OCT_TRY(oct::check_context(op, context, context != nullptr && context->table->batch_norm_backward_inference != nullptr));
  OCT_TRY(check_backward(op, context, bn, {"x", x}, {"y", y}, {"weight", weight}, {"running_mean", running_mean},
                         {"running_variance", running_variance}, {"dy", dy}, {"dx", dx}, {"dresidual", dresidual}, {"dweight", dweight},
                         {"dbias", dbias}, workspace, workspace_bytes));
  return context->table->batch_norm_backward_inference(context, bn, x, y, weight, running_mean, running_variance, dy, dx, dresidual,
                                                       dweight, dbias, workspace, workspace_bytes);
}

}  // extern "C"
