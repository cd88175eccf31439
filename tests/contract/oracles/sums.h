// Sums in double precision, with what bounds the error of the same sums in F32.
#pragma once
#include "../support/expect.h"

namespace oct::test {

/// Sums, the sums of their terms' magnitudes, and their numbers of terms.
struct Sums {
  std::vector<double> value, magnitude;
  std::vector<int64_t> terms;

  explicit Sums(int64_t count) : value(static_cast<size_t>(count)), magnitude(value.size()), terms(value.size()) {}
  void add(size_t at, double term) {
    value[at] += term;
    magnitude[at] += std::fabs(term);
    ++terms[at];
  }
};

/// A sum of n products in F32, in any order, is off by at most (n + 1) 2^-24 of the sum of their magnitudes (Higham 2002, section 3.1; the
/// 1 % covers the terms of second order and products that are rounded); denormal products may count as 0 (vdpbf16ps): 2^-126 each. A BF16
/// result is then rounded by at most 2^-8 of its value.
inline double sum_tolerance(oct_dtype dtype, double value, double magnitude, int64_t terms) {
  const auto n = static_cast<double>(terms);
  const double tolerance = 1.01 * (n + 1) * kUnit * magnitude + n * 0x1p-126;
  return dtype == OCT_BF16 ? tolerance + 0x1p-8 * (std::fabs(value) + tolerance) : tolerance;
}

inline void expect_sums(const std::string& what, oct_dtype dtype, const Sums& expected, const std::vector<float>& actual) {
  ASSERT_EQ(actual.size(), expected.value.size());
  for (size_t i = 0; i < actual.size(); ++i) {
    expect_near(what, i, expected.value[i], static_cast<double>(actual[i]),
                sum_tolerance(dtype, expected.value[i], expected.magnitude[i], expected.terms[i]));
  }
}

}  // namespace oct::test
