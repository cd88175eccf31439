#include "check_labels.h"

namespace oct {

oct_status check_label_loss(const char* op, Argument logits, Argument offsets, Argument labels, Argument loss, Argument dlogits) {
  OCT_TRY(check_rows(op, logits));
  OCT_TRY(check_dtype(op, logits, {OCT_F32, OCT_BF16}));
  const int64_t rows = logits.tensor->shape[0];
  OCT_TRY(check_vector(op, offsets, OCT_I32, rows + 1, "the number of rows B + 1", false));
  OCT_TRY(check_dense(op, labels, 1));
  OCT_TRY(check_dtype(op, labels, {OCT_I32}));
  OCT_TRY(check_vector(op, loss, OCT_F32, rows, "the number of rows B", false));
  OCT_TRY(check_outputs_apart(op, {loss}, {logits, offsets, labels}));
  if (dlogits.tensor == nullptr) return OCT_OK;
  OCT_TRY(check_rows(op, dlogits));
  OCT_TRY(check_dtype(op, dlogits, {OCT_F32, OCT_BF16}));
  OCT_TRY(check_same_dtype(op, logits, dlogits));
  OCT_TRY(check_same_shape(op, logits, dlogits));
  OCT_TRY(check_alias_or_apart(op, logits, dlogits));
  const oct_tensor &x = *logits.tensor, &dx = *dlogits.tensor;
  if (dx.data != nullptr && dx.data == x.data && rows > 1 && dx.stride[0] != x.stride[0]) {
    return fail(OCT_INVALID_ARGUMENT, "%s: dlogits is logits in memory, but its rows are %lld apart and those of logits %lld", op,
                static_cast<long long>(dx.stride[0]), static_cast<long long>(x.stride[0]));
  }
  return check_outputs_apart(op, {dlogits}, {offsets, labels, loss});
}

}  // namespace oct
