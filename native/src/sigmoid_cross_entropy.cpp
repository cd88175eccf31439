#include "check_labels.h"

oct_status oct::check(const char* op, const oct_sigmoid_cross_entropy_args& a) {
  return check_label_loss(op, {"logits", a.logits}, {"offsets", a.offsets}, {"labels", a.labels}, {"loss", a.loss}, {"dlogits", a.dlogits});
}
