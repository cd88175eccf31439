// Oracle of sigmoid_cross_entropy.
#pragma once
#include "label_rows.h"

namespace oct::test {

/// Loss and, where there is one, gradient. An exponential of 2 units of 2^-23, a sum, a quotient and two products of half a unit each:
/// below 2^-20 relative, also for the small gradients of well-classified labels; BF16 is then rounded to 8 bits. The terms of a loss are
/// positive, and at most 600 of them are added one after the other in F32 (on the CPU 512 + 3: 4096 in two sums of 4 lanes).
inline void expect_sigmoid(const LabelRows& b, float scale, const LabelResult& result) {
  for (int64_t r = 0; r < b.rows; ++r) {
    double loss = 0;
    const std::vector<double> counts = b.counts(r);
    for (int64_t v = 0; v < b.classes; ++v) {
      const bool label = counts[static_cast<size_t>(v)] > 0;
      const double z = label ? -b.logit(r, v) : b.logit(r, v);
      loss += std::log1p(std::exp(-std::fabs(z))) + std::max(z, 0.0);
      if (result.gradient.empty()) continue;
      const double expected = static_cast<double>(scale) / (1 + std::exp(-z)) * (label ? -1 : 1);
      expect_near("dlogits", static_cast<size_t>(r * b.classes + v), expected, at(result.gradient, r * b.classes + v),
                  (0x1p-20 + (b.dtype == OCT_BF16 ? 0x1p-8 : 0)) * std::fabs(expected));
    }
    expect_near("loss", static_cast<size_t>(r), loss, at(result.loss, r), loss * (0x1p-20 + (on_cpu() ? 515 : 600) * kUnit));
  }
}

}  // namespace oct::test
