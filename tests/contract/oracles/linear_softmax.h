// Oracle of linear_softmax_cross_entropy.
#pragma once
#include <algorithm>

#include "../support/expect.h"

namespace oct::test {

struct HeadShape {
  int64_t b, d, v, chunk, k;  // k: the labels of the longest row
  std::string text() const {
    return "B" + std::to_string(b) + " D" + std::to_string(d) + " V" + std::to_string(v) + " chunk" + std::to_string(chunk);
  }
};

/// Inputs on the host, values what the type keeps of them. The last row has k labels, the first one; some repeat, and every seventh row
/// has its first label twice. One label follows that is not read.
struct Head {
  oct_dtype dtype;
  HeadShape shape;
  std::vector<float> x, weight, bias;
  std::vector<int32_t> offsets{0}, labels;

  Head(oct_dtype type, const HeadShape& s)
      : dtype(type),
        shape(s),
        x(rounded(type, random_values(s.b * s.d, 1))),
        weight(rounded(type, random_values(s.v * s.d, 2))),
        bias(random_values(s.v, 3)) {
    std::mt19937_64 random(4);
    for (int64_t r = 0; r < s.b; ++r) {
      const int64_t count = s.b == 1 ? s.k : 1 + (s.k - 1) * r / (s.b - 1);
      for (int64_t l = 0; l < count; ++l) labels.push_back(static_cast<int32_t>(random() % static_cast<uint64_t>(s.v)));
      if (r % 7 == 6) labels.push_back(labels.back());
      offsets.push_back(static_cast<int32_t>(labels.size()));
    }
  }
};

/// What was not asked for is empty.
struct HeadOutputs {
  oct_status status = OCT_OK;
  std::string text;
  std::vector<float> loss, dx, dweight, dbias;
  bool operator==(const HeadOutputs&) const = default;
};

/// A logit of D terms and a bias is off by e; a probability then by 2 e, relative, and by 2^-15 (on the CPU 2^-17) for the exponentials and
/// their sum.
inline void expect_head(const Head& h, float scale, const HeadOutputs& out) {
  const HeadShape& s = h.shape;
  const double exponentials = on_cpu() ? 0x1p-17 : 0x1p-15, rounds = rounding(h.dtype), factor = static_cast<double>(scale);
  std::vector<double> g(static_cast<size_t>(s.b * s.v)), error(g.size());
  for (int64_t r = 0; r < s.b; ++r) {
    std::vector<double> z(static_cast<size_t>(s.v)), target(z.size());
    double max = -INFINITY, sum = 0, off = 0;
    for (int64_t v = 0; v < s.v; ++v) {
      double value = at(h.bias, v), magnitude = std::fabs(value);
      for (int64_t d = 0; d < s.d; ++d) {
        const double term = at(h.x, r * s.d + d) * at(h.weight, v * s.d + d);
        value += term;
        magnitude += std::fabs(term);
      }
      z[static_cast<size_t>(v)] = value;
      off = std::max(off, static_cast<double>(s.d + 4) * kUnit * magnitude);
      max = std::max(max, value);
    }
    for (const double value : z) sum += std::exp(value - max);
    const int32_t begin = h.offsets[static_cast<size_t>(r)], end = h.offsets[static_cast<size_t>(r) + 1];
    double loss = max + std::log(sum);
    for (int32_t l = begin; l < end; ++l) {
      const auto label = static_cast<size_t>(h.labels[static_cast<size_t>(l)]);
      target[label] += 1.0 / (end - begin);
      loss -= z[label] / (end - begin);
    }
    expect_near("loss", static_cast<size_t>(r), loss, at(out.loss, r), 2 * off + (on_cpu() ? 0x1p-18 : 0x1p-15) + 0x1p-23 * loss);
    for (int64_t v = 0; v < s.v; ++v) {
      const auto i = static_cast<size_t>(r * s.v + v);
      const double p = std::exp(z[static_cast<size_t>(v)] - max) / sum, t = target[static_cast<size_t>(v)];
      g[i] = factor * (p - t);
      error[i] = factor * ((2 * off + exponentials) * p + (on_cpu() ? 0x1p-21 : 0x1p-19) * t) + rounds * std::fabs(g[i]);
    }
  }
  // `term(k)` gives the gradient's index and what it is multiplied by.
  const auto expect_sum = [&](const char* what, const std::vector<float>& actual, int64_t index, int64_t terms, bool half, auto term) {
    double value = 0, magnitude = 0, tolerance = 0;
    for (int64_t k = 0; k < terms; ++k) {
      const auto [gradient, by] = term(k);
      const auto i = static_cast<size_t>(gradient);
      value += g[i] * by;
      magnitude += std::fabs(g[i] * by);
      tolerance += error[i] * std::fabs(by);
    }
    tolerance += static_cast<double>(terms + 4) * kUnit * magnitude + (half ? 0x1p-8 * std::fabs(value) : 0);
    expect_near(what, static_cast<size_t>(index), value, at(actual, index), tolerance * (1 + 0x1p-6));
  };
  for (int64_t i = 0; i < static_cast<int64_t>(out.dx.size()); ++i) {
    expect_sum("dx", out.dx, i, s.v, h.dtype == OCT_BF16,
               [&](int64_t v) { return std::pair(i / s.d * s.v + v, at(h.weight, v * s.d + i % s.d)); });
  }
  for (int64_t i = 0; i < static_cast<int64_t>(out.dweight.size()); ++i) {
    expect_sum("dweight", out.dweight, i, s.b, false, [&](int64_t r) { return std::pair(r * s.v + i / s.d, at(h.x, r * s.d + i % s.d)); });
  }
  for (int64_t v = 0; v < static_cast<int64_t>(out.dbias.size()); ++v) {
    expect_sum("dbias", out.dbias, v, s.b, false, [&](int64_t r) { return std::pair(r * s.v + v, 1.0); });
  }
}

}  // namespace oct::test
