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

oct_status check_geometry(const char* op, const oct_conv& conv) {
  if (conv.groups < 1) return fail(OCT_INVALID_ARGUMENT, "%s: groups is %" PRId64 ", but must be >= 1", op, conv.groups);
  OCT_TRY(check_range(op, "stride_h", conv.stride_h, 1));
  OCT_TRY(check_range(op, "stride_w", conv.stride_w, 1));
  OCT_TRY(check_range(op, "padding_h", conv.padding_h, 0));
  OCT_TRY(check_range(op, "padding_w", conv.padding_w, 0));
  OCT_TRY(check_range(op, "dilation_h", conv.dilation_h, 1));
  return check_range(op, "dilation_w", conv.dilation_w, 1);
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
oct_status check_shapes(const char* op, const oct_conv& conv, Argument x, Argument weight, Argument y) {
  OCT_TRY(check_geometry(op, conv));
  for (const Argument argument : {x, weight, y}) OCT_TRY(oct::check_dense(op, argument, 4));
  const int64_t* in = x.tensor->shape;
  const int64_t* filter = weight.tensor->shape;
  if (in[3] % conv.groups != 0 || filter[0] % conv.groups != 0) {
    return fail(OCT_INVALID_ARGUMENT, "%s: C is %" PRId64 " and K is %" PRId64 ", but both must be divisible by groups, %" PRId64, op,
                in[3], filter[0], conv.groups);
  }
  OCT_TRY(oct::check_extent(op, weight, 3, in[3] / conv.groups, "C / groups"));
  OCT_TRY(oct::check_extent(op, y, 0, in[0], "the N of the input"));
  OCT_TRY(check_output_extent(op, y, 1, in[1], filter[1], conv.stride_h, conv.padding_h, conv.dilation_h));
  OCT_TRY(check_output_extent(op, y, 2, in[2], filter[2], conv.stride_w, conv.padding_w, conv.dilation_w));
  return oct::check_extent(op, y, 3, filter[0], "the K of the weight");
}

oct_status check_types(const char* op, Argument first, std::initializer_list<Argument> others) {
  OCT_TRY(oct::check_dtype(op, first, {OCT_F32, OCT_BF16}));
  for (const Argument& other : others) {
    OCT_TRY(oct::check_dtype(op, other, {OCT_F32, OCT_BF16}));
    OCT_TRY(oct::check_same_dtype(op, first, other));
  }
  return OCT_OK;
}

constexpr const char* kOutputs = "the K of the weight";

/// What both forward operations have in common.
template <class Args>
oct_status check_forward(const char* op, const Args& a) {
  const Argument x{"x", a.x}, weight{"weight", a.weight}, bias{"bias", a.bias}, y{"y", a.y};
  OCT_TRY(check_shapes(op, a.conv, x, weight, y));
  OCT_TRY(check_types(op, x, {weight, y}));
  OCT_TRY(oct::check_vector(op, bias, OCT_F32, a.weight.shape[0], kOutputs, true));
  return oct::check_outputs_apart(op, {y}, {x, weight, bias});
}

}  // namespace

oct_status oct::check(const char* op, const oct_grouped_conv_forward_args& a) { return check_forward(op, a); }

oct_status oct::check(const char* op, const oct_grouped_conv_forward_fused_args& a) {
  OCT_TRY(check_forward(op, a));
  const Argument scale{"input_scale", a.input_scale}, shift{"input_shift", a.input_shift};
  const Argument mean{"y_mean", a.y_mean}, variance{"y_variance", a.y_variance};
  OCT_TRY(check_both_or_none(op, scale, shift));
  OCT_TRY(check_both_or_none(op, mean, variance));
  for (const Argument& vector : {scale, shift}) OCT_TRY(check_vector(op, vector, OCT_F32, a.x.shape[3], "the C of x", true));
  for (const Argument& vector : {mean, variance}) OCT_TRY(check_vector(op, vector, OCT_F32, a.weight.shape[0], kOutputs, true));
  return check_outputs_apart(op, {{"y", a.y}, mean, variance}, {{"x", a.x}, {"weight", a.weight}, {"bias", a.bias}, scale, shift});
}

oct_status oct::check(const char* op, const oct_grouped_conv_backward_data_args& a) {
  const Argument dy{"dy", a.dy}, weight{"weight", a.weight}, dx{"dx", a.dx};
  OCT_TRY(check_shapes(op, a.conv, dx, weight, dy));
  OCT_TRY(check_types(op, dy, {weight, dx}));
  return check_outputs_apart(op, {dx}, {dy, weight});
}

oct_status oct::check(const char* op, const oct_grouped_conv_backward_weight_args& a) {
  const Argument x{"x", a.x}, dy{"dy", a.dy}, dweight{"dweight", a.dweight}, dbias{"dbias", a.dbias};
  OCT_TRY(check_shapes(op, a.conv, x, dweight, dy));
  OCT_TRY(check_types(op, x, {dy}));
  OCT_TRY(check_dtype(op, dweight, {OCT_F32}));
  OCT_TRY(check_vector(op, dbias, OCT_F32, a.dweight.shape[0], kOutputs, true));
  return check_outputs_apart(op, {dweight, dbias}, {x, dy});
}
