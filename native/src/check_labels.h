// Argument checks that the two losses over labels share.
#pragma once
#include "check.h"

namespace oct {

/// Shapes, types and overlaps of logits [B,V], offsets [B+1], labels, loss [B] and dlogits (or null). The offsets and labels themselves lie
/// in the device's memory: the device checks them.
oct_status check_label_loss(const char* op, const oct_tensor* logits, const oct_tensor* offsets, const oct_tensor* labels,
                            const oct_tensor* loss, const oct_tensor* dlogits);

}  // namespace oct
