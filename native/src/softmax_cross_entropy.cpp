#include "octothorpe/softmax_cross_entropy.h"

#include "check_labels.h"

extern "C" {

oct_status oct_softmax_cross_entropy(oct_context* context, const oct_tensor* logits, const oct_tensor* offsets, const oct_tensor* labels,
                                     float gradient_scale, const oct_tensor* loss, const oct_tensor* dlogits) {
  constexpr const char* op = "softmax_cross_entropy";
  OCT_TRY(oct::check_context(op, context, context != nullptr && context->table->softmax_cross_entropy != nullptr));
  OCT_TRY(oct::check_label_loss(op, logits, offsets, labels, loss, dlogits));
  return context->table->softmax_cross_entropy(context, logits, offsets, labels, gradient_scale, loss, dlogits);
}

}  // extern "C"
