// Oracle of max_pool: one plain loop over the places of each window.
#pragma once
#include <algorithm>

#include "../support/expect.h"
#include "octothorpe/max_pool.h"

namespace oct::test {

struct PoolShape {
  int64_t n, h, w, c;
  oct_max_pool pool;

  /// A line of tests/shapes/max_pool.txt: N H W C kernel stride padding.
  static PoolShape of(const std::vector<int64_t>& v) { return {v[0], v[1], v[2], v[3], {v[4], v[5], v[6]}}; }
  int64_t p() const { return (h + 2 * pool.padding - pool.kernel) / pool.stride + 1; }
  int64_t q() const { return (w + 2 * pool.padding - pool.kernel) / pool.stride + 1; }
  std::vector<int64_t> x() const { return {n, h, w, c}; }
  std::vector<int64_t> y() const { return {n, p(), q(), c}; }
};

/// Of every window its maximum, the maximum's place in the window and its element of x.
struct Pooled {
  std::vector<float> y;
  std::vector<uint8_t> index;
  std::vector<size_t> winner;
};

/// The first maximum in row-major order wins, and NaN over numbers; padding never.
inline Pooled max_pool_forward(const PoolShape& l, const std::vector<float>& x) {
  Pooled result;
  const oct_max_pool& pool = l.pool;
  for (int64_t n = 0; n < l.n; ++n)
    for (int64_t p = 0; p < l.p(); ++p)
      for (int64_t q = 0; q < l.q(); ++q)
        for (int64_t c = 0; c < l.c; ++c) {
          size_t winner = x.size();
          int64_t place = 0;
          for (int64_t at = 0; at < pool.kernel * pool.kernel; ++at) {
            const int64_t h = p * pool.stride - pool.padding + at / pool.kernel, w = q * pool.stride - pool.padding + at % pool.kernel;
            if (h < 0 || h >= l.h || w < 0 || w >= l.w) continue;
            const auto from = static_cast<size_t>(((n * l.h + h) * l.w + w) * l.c + c);
            if (winner != x.size() && (std::isnan(x[winner]) || x[from] <= x[winner])) continue;
            winner = from;
            place = at;
          }
          result.y.push_back(x[winner]);
          result.index.push_back(static_cast<uint8_t>(place));
          result.winner.push_back(winner);
        }
  return result;
}

/// dx: n terms are n - 1 additions in F32, then one rounding to the type.
inline void expect_pool_gradient(const Pooled& pooled, oct_dtype dtype, const std::vector<float>& dy, const std::vector<float>& dx) {
  std::vector<double> sum(dx.size()), magnitude(dx.size()), terms(dx.size());
  for (size_t i = 0; i < dy.size(); ++i) {
    sum[pooled.winner[i]] += static_cast<double>(dy[i]);
    magnitude[pooled.winner[i]] += std::fabs(static_cast<double>(dy[i]));
    ++terms[pooled.winner[i]];
  }
  for (size_t i = 0; i < dx.size(); ++i) {
    const double tolerance =
        magnitude[i] * std::max(0.0, terms[i] - 1) * kUnit * 1.01 + std::fabs(sum[i]) * (dtype == OCT_F32 ? 0 : 0x1p-8 * 1.01);
    expect_near("dx", i, sum[i], static_cast<double>(dx[i]), tolerance);
  }
}

}  // namespace oct::test
