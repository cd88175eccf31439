// Oracle of softmax_cross_entropy.
#pragma once
#include "label_rows.h"

namespace oct::test {

/// Loss and, where there is one, gradient. Exponentials carry 2^-24 of their argument (at most 16 here) from the subtraction and 2 units of
/// 2^-23 of their own, a sum within a block of 4096 the same again; 2^-15 relative covers all with a margin of 2.
inline void expect_softmax(const LabelRows& b, float scale, const LabelResult& result) {
  constexpr double kRelative = 0x1p-15;
  const auto factor = static_cast<double>(scale);
  for (int64_t r = 0; r < b.rows; ++r) {
    double max = -INFINITY, sum = 0;
    for (int64_t v = 0; v < b.classes; ++v) max = std::max(max, b.logit(r, v));
    for (int64_t v = 0; v < b.classes; ++v) sum += std::exp(b.logit(r, v) - max);
    const double labels = b.label_count(r);
    const std::vector<double> counts = b.counts(r);
    double loss = max + std::log(sum);
    for (int64_t v = 0; v < b.classes; ++v) {
      if (counts[static_cast<size_t>(v)] > 0) loss -= counts[static_cast<size_t>(v)] * b.logit(r, v) / labels;
    }
    expect_near("loss", static_cast<size_t>(r), loss, at(result.loss, r), kRelative + 0x1p-23 * std::fabs(loss));
    for (int64_t v = 0; !result.gradient.empty() && v < b.classes; ++v) {
      const double p = std::exp(b.logit(r, v) - max) / sum, count = counts[static_cast<size_t>(v)], target = count / labels;
      const double expected = factor * (p - target);
      const double tolerance =
          factor * (kRelative * p + (count + 2) * kUnit * target) + (b.dtype == OCT_BF16 ? 0x1p-8 * std::fabs(expected) : 0) + 0x1p-126;
      expect_near("dlogits", static_cast<size_t>(r * b.classes + v), expected, at(result.gradient, r * b.classes + v), tolerance);
    }
  }
}

}  // namespace oct::test
