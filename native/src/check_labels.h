// Argument checks that the two losses over labels share.
#pragma once
#include "check.h"

namespace oct {

/// Shapes, types and overlaps of logits [B,V], offsets [B+1], labels, loss [B] and dlogits (or absent). The offsets and labels themselves
/// lie in the device's memory: the device checks them.
oct_status check_label_loss(const char* op, Argument logits, Argument offsets, Argument labels, Argument loss, Argument dlogits);

}  // namespace oct
