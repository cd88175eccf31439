#include "check_labels.h"

namespace oct {

oct_status check_label_loss(const char* op, const oct_tensor* logits, const oct_tensor* offsets, const oct_tensor* labels,
                            const oct_tensor* loss, const oct_tensor* dlogits) {
  const Argument x{"logits", logits}, dx{"dlogits", dlogits};
  OCT_TRY(check_rows(op, x));
  OCT_TRY(check_dtype(op, x, {OCT_F32, OCT_BF16}));
  const int64_t rows = logits->shape[0];
  OCT_TRY(check_dense(op, {"offsets", offsets}, 1));
  OCT_TRY(check_dtype(op, {"offsets", offsets}, {OCT_I32}));
  OCT_TRY(check_extent(op, {"offsets", offsets}, 0, rows + 1, "the number of rows B + 1"));
  OCT_TRY(check_dense(op, {"labels", labels}, 1));
  OCT_TRY(check_dtype(op, {"labels", labels}, {OCT_I32}));
  OCT_TRY(check_dense(op, {"loss", loss}, 1));
  OCT_TRY(check_dtype(op, {"loss", loss}, {OCT_F32}));
  OCT_TRY(check_extent(op, {"loss", loss}, 0, rows, "the number of rows B"));
  for (const Argument argument : {x, {"offsets", offsets}, {"labels", labels}}) OCT_TRY(check_no_alias(op, argument, {"loss", loss}));
  if (dlogits == nullptr) return OCT_OK;
  OCT_TRY(check_rows(op, dx));
  OCT_TRY(check_dtype(op, dx, {OCT_F32, OCT_BF16}));
  OCT_TRY(check_same_dtype(op, x, dx));
  OCT_TRY(check_same_shape(op, x, dx));
  OCT_TRY(check_alias_or_apart(op, x, dx));
  if (dlogits->data == logits->data && rows > 1 && dlogits->stride[0] != logits->stride[0]) {
    return fail(OCT_INVALID_ARGUMENT, "%s: dlogits is logits in memory, but its rows are %lld apart and those of logits %lld", op,
                static_cast<long long>(dlogits->stride[0]), static_cast<long long>(logits->stride[0]));
  }
  for (const Argument argument : {Argument{"offsets", offsets}, {"labels", labels}, {"loss", loss}}) {
    OCT_TRY(check_no_alias(op, argument, dx));
  }
  return OCT_OK;
}

}  // namespace oct
