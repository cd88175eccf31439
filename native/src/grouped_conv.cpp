#include "octothorpe/grouped_conv.h"

#include <cinttypes>

#include "check.h"

namespace {

using oct::Argument;
using oct::fail;

// Larger strides, paddings and dilations are mistakes; the bound keeps every position in 64 bits.
constexpr int64_t kGeometryLimit = INT64_C(1) << 20;

oct_status check_range(const char* op, const char* name, int64_t value, int64_t least) {
  if (value >= least && value <= kGeometryLimit) return OCT_OK;
  return fail(OCT_INVALID_ARGUMENT, "%s: %s is %" PRId64 ", but must be in [%" PRId64 ",%" PRId64 "]", op, name, value, least,
              kGeometryLimit);
}

oct_status check_geometry(const char* op, const oct_grouped_conv* conv) {
  if (conv == nullptr) return fail(OCT_INVALID_ARGUMENT, "%s: conv is null", op);
  if (conv->groups < 1) return fail(OCT_INVALID_ARGUMENT, "%s: groups is %" PRId64 ", but must be >= 1", op, conv->groups);
  OCT_TRY(check_range(op, "stride_h", conv->stride_h, 1));
  OCT_TRY(check_range(op, "stride_w", conv->stride_w, 1));
  OCT_TRY(check_range(op, "padding_h", conv->padding_h, 0));
  OCT_TRY(check_range(op, "padding_w", conv->padding_w, 0));
  OCT_TRY(check_range(op, "dilation_h", conv->dilation_h, 1));
  return check_range(op, "dilation_w", conv->dilation_w, 1);
}

/// The output has the extent that input, filter, stride, padding and dilation give.
oct_status check_output_extent(const char* op, Argument out, int32_t axis, int64_t in, int64_t taps, int64_t stride, int64_t padding,
                               int64_t dilation) {
  const char name = axis == 1 ? 'h' : 'w';
  if (taps > kGeometryLimit) {
    return fail(OCT_INVALID_ARGUMENT, "%s: the filter has %" PRId64 " taps along %c, but may have at most %" PRId64, op, taps, name,
                kGeometryLimit);
  }
  const int64_t reach = dilation * (taps - 1) + 1;
  if (in + 2 * padding < reach) {
    return fail(OCT_INVALID_ARGUMENT,
                "%s: the filter reaches over %" PRId64 " positions along %c, but the input has %" PRId64 " with padding %" PRId64
                " on both sides",
                op, reach, name, in, padding);
  }
  const int64_t expected = (in + 2 * padding - reach) / stride + 1;
  return oct::check_extent(op, out, axis, expected,
                           axis == 1 ? "(H + 2 padding_h - dilation_h (R - 1) - 1) / stride_h + 1"
                                     : "(W + 2 padding_w - dilation_w (S - 1) - 1) / stride_w + 1");
}

/// Ranks, extents and geometry of one convolution; x and y are named as the pass calls them.
oct_status check_shapes(const char* op, const oct_grouped_conv* conv, Argument x, Argument weight, Argument y) {
  OCT_TRY(check_geometry(op, conv));
  for (const Argument argument : {x, weight, y}) OCT_TRY(oct::check_dense(op, argument, 4));
  const int64_t* in = x.tensor->shape;
  const int64_t* filter = weight.tensor->shape;
  if (in[3] % conv->groups != 0 || filter[0] % conv->groups != 0) {
    return fail(OCT_INVALID_ARGUMENT, "%s: C is %" PRId64 " and K is %" PRId64 ", but both must be divisible by groups, %" PRId64, op,
                in[3], filter[0], conv->groups);
  }
  OCT_TRY(oct::check_extent(op, weight, 3, in[3] / conv->groups, "C / groups"));
  OCT_TRY(oct::check_extent(op, y, 0, in[0], "the N of the input"));
  OCT_TRY(check_output_extent(op, y, 1, in[1], filter[1], conv->stride_h, conv->padding_h, conv->dilation_h));
  OCT_TRY(check_output_extent(op, y, 2, in[2], filter[2], conv->stride_w, conv->padding_w, conv->dilation_w));
  return oct::check_extent(op, y, 3, filter[0], "the K of the weight");
}

/// A vector of F32, or null.
oct_status check_vector(const char* op, Argument vector, int64_t extent, const char* rule) {
  if (vector.tensor == nullptr) return OCT_OK;
  OCT_TRY(oct::check_dense(op, vector, 1));
  OCT_TRY(oct::check_dtype(op, vector, {OCT_F32}));
  return oct::check_extent(op, vector, 0, extent, rule);
}

oct_status check_bias(const char* op, Argument bias, int64_t outputs) { return check_vector(op, bias, outputs, "the K of the weight"); }

/// Both or neither null.
oct_status check_pair(const char* op, Argument a, Argument b) {
  if ((a.tensor == nullptr) == (b.tensor == nullptr)) return OCT_OK;
  const bool first = a.tensor == nullptr;
  return fail(OCT_INVALID_ARGUMENT, "%s: %s is null and %s is not, but both or neither must be", op, first ? a.name : b.name,
              first ? b.name : a.name);
}

oct_status check_forward(const char* op, const oct_grouped_conv* conv, const oct_tensor* x, const oct_tensor* weight,
                         const oct_tensor* bias, const oct_tensor* y) {
  OCT_TRY(check_shapes(op, conv, {"x", x}, {"weight", weight}, {"y", y}));
  for (const Argument argument : {Argument{"x", x}, {"weight", weight}, {"y", y}}) {
    OCT_TRY(oct::check_dtype(op, argument, {OCT_F32, OCT_BF16}));
    OCT_TRY(oct::check_same_dtype(op, {"x", x}, argument));
  }
  OCT_TRY(check_bias(op, {"bias", bias}, weight->shape[0]));
  OCT_TRY(oct::check_no_alias(op, {"x", x}, {"y", y}));
  OCT_TRY(oct::check_no_alias(op, {"weight", weight}, {"y", y}));
  return bias == nullptr ? OCT_OK : oct::check_no_alias(op, {"bias", bias}, {"y", y});
}

/// `bytes` are what the pass needs.
oct_status check_scratch(const char* op, oct_context* context, int32_t pass, const oct_grouped_conv* conv, const oct_tensor* x,
                         const oct_tensor* weight, const oct_tensor* y, const void* workspace, size_t bytes) {
  size_t needed = 0;
  OCT_TRY(context->table->grouped_conv_workspace(context, pass, conv, x, weight, y, &needed));
  return oct::check_workspace(op, workspace, bytes, needed);
}

}  // namespace

extern "C" {

oct_status oct_grouped_conv_workspace(oct_context* context, int32_t pass, const oct_grouped_conv* conv, const oct_tensor* x,
                                      const oct_tensor* weight, const oct_tensor* y, size_t* bytes) {
  constexpr const char* op = "grouped_conv_workspace";
  OCT_TRY(oct::check_context(op, context, context != nullptr && context->table->grouped_conv_workspace != nullptr));
  if (pass < OCT_FORWARD || pass > OCT_FORWARD_FUSED) {
    return fail(OCT_INVALID_ARGUMENT,
                "%s: pass is %d, but must be 0 (forward), 1 (backward_data), 2 (backward_weight) or 3 (forward_fused)", op, pass);
  }
  if (pass == OCT_FORWARD_FUSED) {
    OCT_TRY(oct::check_context("grouped_conv_forward_fused", context, context->table->grouped_conv_forward_fused != nullptr));
  }
  if (bytes == nullptr) return fail(OCT_INVALID_ARGUMENT, "%s: the output pointer is null", op);
  OCT_TRY(check_shapes(op, conv, {"x", x}, {"weight", weight}, {"y", y}));
  for (const Argument argument : {Argument{"x", x}, {"y", y}}) {  // not check_dtype: data may be null here
    if (argument.tensor->dtype == OCT_F32 || argument.tensor->dtype == OCT_BF16) continue;
    return fail(OCT_INVALID_ARGUMENT, "%s: %s is %s, but must be f32 or bf16", op, argument.name, oct::dtype_name(argument.tensor->dtype));
  }
  OCT_TRY(oct::check_same_dtype(op, {"x", x}, {"y", y}));
  return context->table->grouped_conv_workspace(context, pass, conv, x, weight, y, bytes);
}

oct_status oct_grouped_conv_forward(oct_context* context, const oct_grouped_conv* conv, const oct_tensor* x, const oct_tensor* weight,
                                    const oct_tensor* bias, const oct_tensor* y, void* workspace, size_t workspace_bytes) {
  constexpr const char* op = "grouped_conv_forward";
  OCT_TRY(oct::check_context(op, context, context != nullptr && context->table->grouped_conv_forward != nullptr));
  OCT_TRY(check_forward(op, conv, x, weight, bias, y));
  OCT_TRY(check_scratch(op, context, OCT_FORWARD, conv, x, weight, y, workspace, workspace_bytes));
  return context->table->grouped_conv_forward(context, conv, x, weight, bias, y, workspace, workspace_bytes);
}

oct_status oct_grouped_conv_forward_fused(oct_context* context, const oct_grouped_conv* conv, const oct_tensor* x,
                                          const oct_tensor* input_scale, const oct_tensor* input_shift, int32_t input_relu,
                                          const oct_tensor* weight, const oct_tensor* bias, const oct_tensor* y, const oct_tensor* y_mean,
                                          const oct_tensor* y_variance, void* workspace, size_t workspace_bytes) {
  constexpr const char* op = "grouped_conv_forward_fused";
  OCT_TRY(oct::check_context(op, context, context != nullptr && context->table->grouped_conv_forward_fused != nullptr));
  OCT_TRY(check_forward(op, conv, x, weight, bias, y));
  const Argument scale{"input_scale", input_scale}, shift{"input_shift", input_shift}, mean{"y_mean", y_mean},
      variance{"y_variance", y_variance};
  OCT_TRY(check_pair(op, scale, shift));
  OCT_TRY(check_pair(op, mean, variance));
  for (const Argument vector : {scale, shift}) {
    OCT_TRY(check_vector(op, vector, x->shape[3], "the C of x"));
    if (vector.tensor != nullptr) OCT_TRY(oct::check_no_alias(op, vector, {"y", y}));
  }
  for (const Argument vector : {mean, variance}) {
    OCT_TRY(check_vector(op, vector, weight->shape[0], "the K of the weight"));
    if (vector.tensor == nullptr) continue;
    for (const Argument other : {Argument{"x", x}, {"weight", weight}, {"y", y}}) OCT_TRY(oct::check_no_alias(op, vector, other));
    for (const Argument other : {Argument{"bias", bias}, scale, shift}) {
      if (other.tensor != nullptr) OCT_TRY(oct::check_no_alias(op, vector, other));
    }
  }
  if (y_mean != nullptr) OCT_TRY(oct::check_no_alias(op, mean, variance));
  OCT_TRY(check_scratch(op, context, OCT_FORWARD_FUSED, conv, x, weight, y, workspace, workspace_bytes));
  return context->table->grouped_conv_forward_fused(context, conv, x, input_scale, input_shift, input_relu, weight, bias, y, y_mean,
                                                    y_variance, workspace, workspace_bytes);
}

oct_status oct_grouped_conv_backward_data(oct_context* context, const oct_grouped_conv* conv, const oct_tensor* dy,
                                          const oct_tensor* weight, const oct_tensor* dx, void* workspace, size_t workspace_bytes) {
  constexpr const char* op = "grouped_conv_backward_data";
  OCT_TRY(oct::check_context(op, context, context != nullptr && context->table->grouped_conv_backward_data != nullptr));
  OCT_TRY(check_shapes(op, conv, {"dx", dx}, {"weight", weight}, {"dy", dy}));
  for (const Argument argument : {Argument{"dy", dy}, {"weight", weight}, {"dx", dx}}) {
    OCT_TRY(oct::check_dtype(op, argument, {OCT_F32, OCT_BF16}));
    OCT_TRY(oct::check_same_dtype(op, {"dy", dy}, argument));
  }
  OCT_TRY(oct::check_no_alias(op, {"dy", dy}, {"dx", dx}));
  OCT_TRY(oct::check_no_alias(op, {"weight", weight}, {"dx", dx}));
  OCT_TRY(check_scratch(op, context, OCT_BACKWARD_DATA, conv, dx, weight, dy, workspace, workspace_bytes));
  return context->table->grouped_conv_backward_data(context, conv, dy, weight, dx, workspace, workspace_bytes);
}

oct_status oct_grouped_conv_backward_weight(oct_context* context, const oct_grouped_conv* conv, const oct_tensor* x, const oct_tensor* dy,
                                            const oct_tensor* dweight, const oct_tensor* dbias, void* workspace, size_t workspace_bytes) {
  constexpr const char* op = "grouped_conv_backward_weight";
  OCT_TRY(oct::check_context(op, context, context != nullptr && context->table->grouped_conv_backward_weight != nullptr));
  OCT_TRY(check_shapes(op, conv, {"x", x}, {"dweight", dweight}, {"dy", dy}));
  for (const Argument argument : {Argument{"x", x}, {"dy", dy}}) {
    OCT_TRY(oct::check_dtype(op, argument, {OCT_F32, OCT_BF16}));
    OCT_TRY(oct::check_same_dtype(op, {"x", x}, argument));
  }
  OCT_TRY(oct::check_dtype(op, {"dweight", dweight}, {OCT_F32}));
  OCT_TRY(check_bias(op, {"dbias", dbias}, dweight->shape[0]));
  for (const Argument output : {Argument{"dweight", dweight}, {"dbias", dbias}}) {
    if (output.tensor == nullptr) continue;
    OCT_TRY(oct::check_no_alias(op, {"x", x}, output));
    OCT_TRY(oct::check_no_alias(op, {"dy", dy}, output));
  }
  if (dbias != nullptr) OCT_TRY(oct::check_no_alias(op, {"dweight", dweight}, {"dbias", dbias}));
  OCT_TRY(check_scratch(op, context, OCT_BACKWARD_WEIGHT, conv, x, dweight, dy, workspace, workspace_bytes));
  return context->table->grouped_conv_backward_weight(context, conv, x, dy, dweight, dbias, workspace, workspace_bytes);
}

}  // extern "C"
