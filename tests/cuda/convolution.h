// What the tests of grouped convolutions share: layers, and sums in double precision to compare with.
#pragma once
#include "octothorpe/grouped_conv.h"
#include "support.h"

namespace oct::test {

struct Layer {
  int64_t n, h, w, c, k, groups, r, s;
  oct_grouped_conv conv;

  /// A line of tests/shapes/grouped_conv.txt.
  static Layer of(const std::vector<int64_t>& v) {
    return {v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], {v[5], v[8], v[9], v[10], v[11], v[12], v[13]}};
  }

  static Layer square(int64_t n, int64_t h, int64_t w, int64_t c, int64_t k, int64_t groups, int64_t stride, int64_t padding = 1) {
    return {n, h, w, c, k, groups, 3, 3, {groups, stride, stride, padding, padding, 1, 1}};
  }

  int64_t p() const { return (h + 2 * conv.padding_h - conv.dilation_h * (r - 1) - 1) / conv.stride_h + 1; }
  int64_t q() const { return (w + 2 * conv.padding_w - conv.dilation_w * (s - 1) - 1) / conv.stride_w + 1; }
  int64_t inputs() const { return n * h * w * c; }
  int64_t outputs() const { return n * p() * q() * k; }
  int64_t weights() const { return k * r * s * (c / groups); }

  std::string text() const {
    std::ostringstream text;
    text << "[" << n << "," << h << "," << w << "," << c << "] K " << k << " G " << groups << " " << r << "x" << s << " stride "
         << conv.stride_h << "," << conv.stride_w << " padding " << conv.padding_h << "," << conv.padding_w << " dilation "
         << conv.dilation_h << "," << conv.dilation_w;
    return text.str();
  }
};

/// Sums in double, the sums of their terms' magnitudes, and their numbers of terms.
struct Sums {
  std::vector<double> value, magnitude;
  std::vector<int> terms;
  explicit Sums(int64_t count) : value(static_cast<size_t>(count)), magnitude(value.size()), terms(value.size()) {}
  void add(size_t at, double term) {
    value[at] += term;
    magnitude[at] += std::fabs(term);
    ++terms[at];
  }
};

/// Calls body(index of x, of weight, of y) for every product of the convolution.
template <class Body>
void each_product(const Layer& l, Body&& body) {
  const int64_t channels = l.c / l.groups, filters = l.k / l.groups;
  for (int64_t n = 0; n < l.n; ++n) {
    for (int64_t p = 0; p < l.p(); ++p) {
      for (int64_t q = 0; q < l.q(); ++q) {
        for (int64_t r = 0; r < l.r; ++r) {
          const int64_t row = p * l.conv.stride_h - l.conv.padding_h + r * l.conv.dilation_h;
          if (row < 0 || row >= l.h) continue;
          for (int64_t s = 0; s < l.s; ++s) {
            const int64_t column = q * l.conv.stride_w - l.conv.padding_w + s * l.conv.dilation_w;
            if (column < 0 || column >= l.w) continue;
            for (int64_t k = 0; k < l.k; ++k) {
              const size_t y = static_cast<size_t>(((n * l.p() + p) * l.q() + q) * l.k + k);
              const size_t x = static_cast<size_t>(((n * l.h + row) * l.w + column) * l.c + k / filters * channels);
              const size_t w = static_cast<size_t>(((k * l.r + r) * l.s + s) * channels);
              for (size_t c = 0; c < static_cast<size_t>(channels); ++c) body(x + c, w + c, y);
            }
          }
        }
      }
    }
  }
}

/// A sum of n products in F32, in any order, is off by at most (n + 1) 2^-24 of the sum of their magnitudes (Higham 2002, section 3.1; the
/// 1 % covers the terms of second order); denormal products may count as 0. A BF16 result is then rounded by at most 2^-8 of its value.
inline void check(const std::string& what, oct_dtype dtype, const Sums& expected, const std::vector<float>& actual) {
  ASSERT_EQ(actual.size(), expected.value.size());
  for (size_t i = 0; i < actual.size() && !::testing::Test::HasFailure(); ++i) {
    const double n = expected.terms[i];
    double tolerance = 1.01 * (n + 1) * 0x1p-24 * expected.magnitude[i] + n * 0x1p-126;
    if (dtype == OCT_BF16) tolerance += 0x1p-8 * (std::fabs(expected.value[i]) + tolerance);
    expect_near(what, i, expected.value[i], actual[i], tolerance);
  }
}

}  // namespace oct::test
