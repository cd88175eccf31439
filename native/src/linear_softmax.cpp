#include "octothorpe/linear_softmax.h"

#include "check.h"

namespace {

// Shapes and types alone: the workspace is asked for without data.
oct_status check_operands(const char* op, oct::Argument x, oct::Argument weight, int64_t chunk) {
  for (const oct::Argument& argument : {x, weight}) OCT_TRY(oct::check_dense(op, argument, 2));
  if (x.tensor->dtype != OCT_F32 && x.tensor->dtype != OCT_BF16) {
    return oct::fail(OCT_INVALID_ARGUMENT, "%s: x must be f32 or bf16", op);
  }
  OCT_TRY(oct::check_same_dtype(op, x, weight));
  OCT_TRY(oct::check_extent(op, weight, 1, x.tensor->shape[1], "the number of inputs D"));
  const int64_t classes = weight.tensor->shape[0];
  if (chunk < 0 || chunk > classes) {
    return oct::fail(OCT_INVALID_ARGUMENT, "%s: chunk is %lld, but must be in [0,%lld], the number of classes V", op,
                     static_cast<long long>(chunk), static_cast<long long>(classes));
  }
  return OCT_OK;
}

oct_status check_vector(const char* op, oct::Argument argument, oct_dtype dtype, int64_t length, const char* what) {
  OCT_TRY(oct::check_dense(op, argument, 1));
  OCT_TRY(oct::check_dtype(op, argument, {dtype}));
  return what == nullptr ? OCT_OK : oct::check_extent(op, argument, 0, length, what);
}

}  // namespace

extern "C" {

oct_status oct_linear_softmax_workspace(oct_context* context, const oct_tensor* x, const oct_tensor* weight, int64_t chunk, size_t* bytes) {
  constexpr const char* op = "linear_softmax_workspace";
  OCT_TRY(oct::check_context(op, context, context != nullptr && context->table->linear_softmax_workspace != nullptr));
  if (bytes == nullptr) return oct::fail(OCT_INVALID_ARGUMENT, "%s: the output pointer is null", op);
  OCT_TRY(check_operands(op, {"x", x}, {"weight", weight}, chunk));
  return context->table->linear_softmax_workspace(context, x, weight, chunk, bytes);
}

oct_status oct_linear_softmax_cross_entropy(oct_context* context, const oct_tensor* x, const oct_tensor* weight, const oct_tensor* bias,
                                            const oct_tensor* offsets, const oct_tensor* labels, float gradient_scale, int64_t chunk,
                                            const oct_tensor* loss, const oct_tensor* dx, const oct_tensor* dweight,
                                            const oct_tensor* dbias, void* workspace, size_t workspace_bytes) {
  constexpr const char* op = "linear_softmax_cross_entropy";
  OCT_TRY(oct::check_context(op, context, context != nullptr && context->table->linear_softmax_cross_entropy != nullptr));
  OCT_TRY(check_operands(op, {"x", x}, {"weight", weight}, chunk));
  for (const oct::Argument& argument : {oct::Argument{"x", x}, {"weight", weight}}) {
    OCT_TRY(oct::check_dtype(op, argument, {OCT_F32, OCT_BF16}));
  }
  const int64_t rows = x->shape[0], inputs = x->shape[1], classes = weight->shape[0];
  if (bias != nullptr) OCT_TRY(check_vector(op, {"bias", bias}, OCT_F32, classes, "the number of classes V"));
  OCT_TRY(check_vector(op, {"offsets", offsets}, OCT_I32, rows + 1, "the number of rows B + 1"));
  OCT_TRY(check_vector(op, {"labels", labels}, OCT_I32, 0, nullptr));
  OCT_TRY(check_vector(op, {"loss", loss}, OCT_F32, rows, "the number of rows B"));
  if (dx != nullptr) {
    OCT_TRY(oct::check_dense(op, {"dx", dx}, 2));
    OCT_TRY(oct::check_same_dtype(op, {"x", x}, {"dx", dx}));
    OCT_TRY(oct::check_same_shape(op, {"x", x}, {"dx", dx}));
  }
  if (dweight != nullptr) {
    OCT_TRY(oct::check_dense(op, {"dweight", dweight}, 2));
    OCT_TRY(oct::check_dtype(op, {"dweight", dweight}, {OCT_F32}));
    OCT_TRY(oct::check_extent(op, {"dweight", dweight}, 0, classes, "the number of classes V"));
    OCT_TRY(oct::check_extent(op, {"dweight", dweight}, 1, inputs, "the number of inputs D"));
  }
  if (dbias != nullptr) OCT_TRY(check_vector(op, {"dbias", dbias}, OCT_F32, classes, "the number of classes V"));
  const oct::Argument inputs_of[] = {{"x", x}, {"weight", weight}, {"bias", bias}, {"offsets", offsets}, {"labels", labels}};
  const oct::Argument outputs[] = {{"loss", loss}, {"dx", dx}, {"dweight", dweight}, {"dbias", dbias}};
  for (const oct::Argument& output : outputs) {
    if (output.tensor == nullptr) continue;
    for (const oct::Argument& input : inputs_of) {
      if (input.tensor != nullptr) OCT_TRY(oct::check_no_alias(op, input, output));
    }
    for (const oct::Argument* other = outputs; other != &output; ++other) {
      if (other->tensor != nullptr) OCT_TRY(oct::check_no_alias(op, *other, output));
    }
  }
  size_t needed = 0;
  OCT_TRY(context->table->linear_softmax_workspace(context, x, weight, chunk, &needed));
  OCT_TRY(oct::check_workspace(op, workspace, workspace_bytes, needed));
  return context->table->linear_softmax_cross_entropy(context, x, weight, bias, offsets, labels, gradient_scale, chunk, loss, dx, dweight,
                                                      dbias, workspace, workspace_bytes);
}

}  // extern "C"
