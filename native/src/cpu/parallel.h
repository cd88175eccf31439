// Fork-join loops over OpenMP. oneDNN uses the same OpenMP runtime, so one team of threads serves both and no second team spins.
#pragma once
#include "isa.h"

OCT_KERNEL_BEGIN

/// Elements of simple work (an add each) below which a parallel region costs more than it gains: about 5 microseconds of one core.
constexpr int64_t kSerialBelow = 16384;

/// Calls body(begin, end) on disjoint blocks that cover [0, count). `work` estimates the simple operations in all. What a block computes
/// must not depend on the block borders: then results do not depend on the number of threads.
template <class Body>
static inline void parallel_for(const oct_context* context, int64_t count, int64_t work, const Body& body) {
  int64_t threads = context->threads;
  if (threads > count) threads = count;
  if (threads <= 1 || work < kSerialBelow) {
    if (count > 0) body(int64_t{0}, count);
    return;
  }
#pragma omp parallel for schedule(static, 1) num_threads(static_cast <int>(threads))
  for (int64_t t = 0; t < threads; ++t) {
    body(count * t / threads, count * (t + 1) / threads);
  }
}

OCT_KERNEL_END
