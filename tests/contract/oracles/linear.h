// Oracle of linear: products of matrices in double precision.
#pragma once
#include "sums.h"

namespace oct::test {

/// Rows B, inputs D, outputs V.
struct LinearShape {
  int64_t b, d, v;
  std::string text() const { return "B" + std::to_string(b) + " D" + std::to_string(d) + " V" + std::to_string(v); }
};

/// Element (i, k) of an operand lies at i * row + k * step.
struct Matrix {
  const std::vector<float>& values;
  int64_t row, step;
  double at(int64_t i, int64_t k) const { return test::at(values, i * row + k * step); }
};

struct Dot {
  double value = 0, magnitude = 0;
  void add(double term) {
    value += term;
    magnitude += std::fabs(term);
  }
};

/// sum over k of a[i,k] b[j,k].
inline Dot dot(const Matrix& a, int64_t i, const Matrix& b, int64_t j, int64_t terms) {
  Dot sum;
  for (int64_t k = 0; k < terms; ++k) sum.add(a.at(i, k) * b.at(j, k));
  return sum;
}

/// n F32 terms in any order are off by (n - 1) 2^-24 of their magnitudes at most, one more for products that are rounded and one for a bias
/// (Higham 2002, section 3.1; a fourth covers the terms of order 2^-48); then BF16 rounds.
inline double dot_tolerance(const Dot& sum, int64_t terms, oct_dtype dtype) {
  return static_cast<double>(terms + 4) * kUnit * sum.magnitude * (1 + 0x1p-7) + (dtype == OCT_BF16 ? 0x1p-8 * std::fabs(sum.value) : 0);
}

/// actual [m,n] = a b^T, plus a bias where it is not null.
inline void expect_product(const std::string& what, const std::vector<float>& actual, oct_dtype dtype, const Matrix& a, const Matrix& b,
                           int64_t m, int64_t n, int64_t terms, const std::vector<float>* bias = nullptr) {
  ASSERT_EQ(actual.size(), static_cast<size_t>(m * n));
  // All elements of small products; of large ones the borders of the rows and a prime step between.
  const int64_t step = m * n > 40000 ? 31 : 1;
  for (int64_t i = 0; i < m * n; i += (i + step < m * n && i % n > 3 ? step : 1)) {
    Dot sum = dot(a, i / n, b, i % n, terms);
    if (bias != nullptr) sum.add(at(*bias, i % n));
    expect_near(what, static_cast<size_t>(i), sum.value, at(actual, i), dot_tolerance(sum, terms, dtype));
  }
}

}  // namespace oct::test
