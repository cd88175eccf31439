#include "octothorpe/linear.h"

#include <cmath>

#include "check_sgd.h"

namespace {

// Shapes and types of the three tensors that every pass has in some form: x [B,D], weight [V,D], y [B,V]. A type is checked for x and y;
// weight's only where the pass reads it, since dweight is F32.
oct_status check_shapes(const char* op, oct::Argument x, oct::Argument weight, oct::Argument y) {
  for (const oct::Argument& argument : {x, weight, y}) OCT_TRY(oct::check_dense(op, argument, 2));
  OCT_TRY(oct::check_extent(op, weight, 1, x.tensor->shape[1], "the number of inputs D"));
  OCT_TRY(oct::check_extent(op, y, 0, x.tensor->shape[0], "the number of rows B"));
  OCT_TRY(oct::check_extent(op, y, 1, weight.tensor->shape[0], "the number of outputs V"));
  return OCT_OK;
}

oct_status check_bias(const char* op, oct::Argument bias, int64_t outputs) {
  if (bias.tensor == nullptr) return OCT_OK;
  OCT_TRY(oct::check_dense(op, bias, 1));
  OCT_TRY(oct::check_dtype(op, bias, {OCT_F32}));
  return oct::check_extent(op, bias, 0, outputs, "the number of outputs V");
}

oct_status check_scratch(const char* op, oct_context* context, int32_t pass, const oct_tensor* x, const oct_tensor* weight,
                         const oct_tensor* y, const void* workspace, size_t bytes) {
  size_t needed = 0;
  OCT_TRY(context->table->linear_workspace(context, pass, x, weight, y, &needed));
  return oct::check_workspace(op, workspace, bytes, needed);
}

}  // namespace

extern "C" {

oct_status oct_linear_workspace(oct_context* context, int32_t pass, const oct_tensor* x, const oct_tensor* weight, const oct_tensor* y,
                                size_t* bytes) {
  constexpr const char* op = "linear_workspace";
  OCT_TRY(oct::check_context(op, context, context != nullptr && context->table->linear_workspace != nullptr));
  if (pass != OCT_FORWARD && pass != OCT_BACKWARD_DATA && pass != OCT_BACKWARD_WEIGHT) {
    return oct::fail(OCT_INVALID_ARGUMENT, "%s: pass is %d, but must be 0 (forward), 1 (backward_data) or 2 (backward_weight)", op, pass);
  }
  if (bytes == nullptr) return oct::fail(OCT_INVALID_ARGUMENT, "%s: the output pointer is null", op);
  OCT_TRY(check_shapes(op, {"x", x}, {"weight", weight}, {"y", y}));
  return context->table->linear_workspace(context, pass, x, weight, y, bytes);
}

oct_status oct_linear_forward(oct_context* context, const oct_tensor* x, const oct_tensor* weight, const oct_tensor* bias,
                              const oct_tensor* y, void* workspace, size_t workspace_bytes) {
  constexpr const char* op = "linear_forward";
  OCT_TRY(oct::check_context(op, context, context != nullptr && context->table->linear_forward != nullptr));
  OCT_TRY(check_shapes(op, {"x", x}, {"weight", weight}, {"y", y}));
  for (const oct::Argument argument : {oct::Argument{"x", x}, {"weight", weight}, {"y", y}}) {
    OCT_TRY(oct::check_dtype(op, argument, {OCT_F32, OCT_BF16}));
    OCT_TRY(oct::check_same_dtype(op, {"x", x}, argument));
  }
  OCT_TRY(check_bias(op, {"bias", bias}, weight->shape[0]));
  OCT_TRY(oct::check_no_alias(op, {"x", x}, {"y", y}));
  OCT_TRY(oct::check_no_alias(op, {"weight", weight}, {"y", y}));
  if (bias != nullptr) OCT_TRY(oct::check_no_alias(op, {"bias", bias}, {"y", y}));
  OCT_TRY(check_scratch(op, context, OCT_FORWARD, x, weight, y, workspace, workspace_bytes));
  return context->table->linear_forward(context, x, weight, bias, y, workspace, workspace_bytes);
}

oct_status oct_linear_backward_data(oct_context* context, const oct_tensor* dy, const oct_tensor* weight, const oct_tensor* dx,
                                    void* workspace, size_t workspace_bytes) {
  constexpr const char* op = "linear_backward_data";
  OCT_TRY(oct::check_context(op, context, context != nullptr && context->table->linear_backward_data != nullptr));
  OCT_TRY(check_shapes(op, {"dx", dx}, {"weight", weight}, {"dy", dy}));
  for (const oct::Argument argument : {oct::Argument{"dy", dy}, {"weight", weight}, {"dx", dx}}) {
    OCT_TRY(oct::check_dtype(op, argument, {OCT_F32, OCT_BF16}));
    OCT_TRY(oct::check_same_dtype(op, {"dy", dy}, argument));
  }
  OCT_TRY(oct::check_no_alias(op, {"dy", dy}, {"dx", dx}));
  OCT_TRY(oct::check_no_alias(op, {"weight", weight}, {"dx", dx}));
  OCT_TRY(check_scratch(op, context, OCT_BACKWARD_DATA, dx, weight, dy, workspace, workspace_bytes));
  return context->table->linear_backward_data(context, dy, weight, dx, workspace, workspace_bytes);
}

oct_status oct_linear_backward_weight(oct_context* context, const oct_tensor* x, const oct_tensor* dy, const oct_tensor* dweight,
                                      const oct_tensor* dbias, void* workspace, size_t workspace_bytes) {
  constexpr const char* op = "linear_backward_weight";
  OCT_TRY(oct::check_context(op, context, context != nullptr && context->table->linear_backward_weight != nullptr));
  OCT_TRY(check_shapes(op, {"x", x}, {"dweight", dweight}, {"dy", dy}));
  for (const oct::Argument argument : {oct::Argument{"x", x}, {"dy", dy}}) {
    OCT_TRY(oct::check_dtype(op, argument, {OCT_F32, OCT_BF16}));
    OCT_TRY(oct::check_same_dtype(op, {"x", x}, argument));
    OCT_TRY(oct::check_no_alias(op, argument, {"dweight", dweight}));
  }
  OCT_TRY(oct::check_dtype(op, {"dweight", dweight}, {OCT_F32}));
  OCT_TRY(check_bias(op, {"dbias", dbias}, dweight->shape[0]));
  if (dbias != nullptr) {
    for (const oct::Argument argument : {oct::Argument{"x", x}, {"dy", dy}, {"dweight", dweight}}) {
      OCT_TRY(oct::check_no_alias(op, argument, {"dbias", dbias}));
    }
  }
  OCT_TRY(check_scratch(op, context, OCT_BACKWARD_WEIGHT, x, dweight, dy, workspace, workspace_bytes));
  return context->table->linear_backward_weight(context, x, dy, dweight, dbias, workspace, workspace_bytes);
}

oct_status oct_linear_backward_weight_sgd(oct_context* context, const oct_sgd* sgd, float decay, const oct_tensor* x, const oct_tensor* dy,
                                          const oct_tensor* weight, const oct_tensor* buffer, const oct_tensor* weight_bf16,
                                          void* workspace, size_t workspace_bytes) {
  constexpr const char* op = "linear_backward_weight_sgd";
  OCT_TRY(oct::check_context(op, context, context != nullptr && context->table->linear_backward_weight_sgd != nullptr));
  OCT_TRY(oct::check_sgd(op, sgd));
  if (!std::isfinite(decay) || decay < 0) {
    return oct::fail(OCT_INVALID_ARGUMENT, "%s: decay is %g, but must be finite and >= 0", op, static_cast<double>(decay));
  }
  OCT_TRY(check_shapes(op, {"x", x}, {"weight", weight}, {"dy", dy}));
  const oct::Argument w{"weight", weight}, b{"buffer", buffer}, rounded{"weight_bf16", weight_bf16};
  OCT_TRY(oct::check_dtype(op, {"x", x}, {OCT_F32, OCT_BF16}));
  OCT_TRY(oct::check_same_dtype(op, {"x", x}, {"dy", dy}));
  OCT_TRY(oct::check_dtype(op, w, {OCT_F32}));
  OCT_TRY(oct::check_dense(op, b, 2));
  OCT_TRY(oct::check_dtype(op, b, {OCT_F32}));
  OCT_TRY(oct::check_same_shape(op, w, b));
  OCT_TRY(oct::check_no_alias(op, w, b));
  if (weight_bf16 != nullptr) {
    OCT_TRY(oct::check_dense(op, rounded, 2));
    OCT_TRY(oct::check_dtype(op, rounded, {OCT_BF16}));
    OCT_TRY(oct::check_same_shape(op, w, rounded));
    OCT_TRY(oct::check_no_alias(op, w, rounded));
    OCT_TRY(oct::check_no_alias(op, b, rounded));
  }
  for (const oct::Argument input : {oct::Argument{"x", x}, {"dy", dy}}) {
    OCT_TRY(oct::check_no_alias(op, input, w));
    OCT_TRY(oct::check_no_alias(op, input, b));
    if (weight_bf16 != nullptr) OCT_TRY(oct::check_no_alias(op, input, rounded));
  }
  OCT_TRY(check_scratch(op, context, OCT_BACKWARD_WEIGHT, x, weight, dy, workspace, workspace_bytes));
  return context->table->linear_backward_weight_sgd(context, sgd, decay, x, dy, weight, buffer, weight_bf16, workspace, workspace_bytes);
}

}  // extern "C"
