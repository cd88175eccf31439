// Rules about values in device memory, which only a kernel can check.
#pragma once
#include "gpu/gpu.h"
#include "octothorpe/context.h"

namespace oct::cuda {

// A rule that a kernel found broken. The first one of a stream is kept and is returned, as OCT_INVALID_ARGUMENT, when the context is
// synchronized.
struct Fault {
  int32_t rule;      // 0: none; else a FaultRule
  int64_t where[3];  // numbers of the message
};

enum FaultRule : int32_t {
  kNoFault = 0,
  kLabelOutOfRange,          // where: label, row, V
  kOffsetsBroken,            // where: row, its offset, the next
  kImageOutOfRange,          // where: image, its first byte, bytes of all
  kCropOutOfRange,           // where: image
  kSegmentsBroken,           // where: segment, its end, the end before
  kDecayOutOfRange,          // where: segment, the bits of its decay
  kLearningRateOutOfRange,   // where: its bits
  kGradientScaleOutOfRange,  // where: its bits
};

// For kernels: keeps the fault if it is the stream's first.
GPU_INLINE void report(Fault* fault, int32_t rule, int64_t a, int64_t b, int64_t c) {
  if (gpu::atomic_compare_exchange(&fault->rule, static_cast<int32_t>(kNoFault), rule) != kNoFault) return;
  fault->where[0] = a;
  fault->where[1] = b;
  fault->where[2] = c;
}

// Fails with the text of the fault.
oct_status fail(const oct_context* context, const Fault& fault);

}  // namespace oct::cuda
