// Comparisons, random values and the lines of tests/shapes.
#pragma once
#include <cmath>
#include <initializer_list>
#include <random>

#include "call.h"

namespace oct::test {

constexpr double kUnit = 0x1p-24;  ///< half the distance from 1 to the next F32

/// Values in [low, high), a function of the seed.
std::vector<float> random_values(int64_t count, uint64_t seed, float low = -1, float high = 1);

/// What a type keeps of the values.
std::vector<float> rounded(oct_dtype dtype, std::vector<float> values);

/// Fails unless |actual - expected| <= tolerance; NaN fails. A test shows its first failures: a wrong kernel has millions of them.
void report_difference(const std::string& what, size_t index, double expected, double actual, double tolerance);
inline void expect_near(const std::string& what, size_t index, double expected, double actual, double tolerance) {
  if (!(std::fabs(actual - expected) <= tolerance)) report_difference(what, index, expected, actual, tolerance);
}
/// The same for `what` that costs something to make.
inline void expect_near(const char* what, size_t index, double expected, double actual, double tolerance) {
  if (!(std::fabs(actual - expected) <= tolerance)) report_difference(what, index, expected, actual, tolerance);
}

/// The call was refused with the status, and the text holds every one of the parts.
void expect_refused(oct_status expected, oct_status actual, std::initializer_list<std::string> parts);
/// The same with OCT_INVALID_ARGUMENT.
inline void expect_invalid(oct_status actual, std::initializer_list<std::string> parts) {
  expect_refused(OCT_INVALID_ARGUMENT, actual, parts);
}

/// The numbers of every line of tests/shapes/NAME.txt that begins with the word `kind`, `columns` of them each.
std::vector<std::vector<int64_t>> shapes(const std::string& name, size_t columns, const std::string& kind = "test");

/// Element `i` as double.
inline double at(const std::vector<float>& values, int64_t i) { return static_cast<double>(values[static_cast<size_t>(i)]); }

inline const char* name_of(oct_dtype dtype) { return dtype == OCT_F32 ? "f32" : "bf16"; }

/// A suite of tests per type: TEST_P(Suite, name) with GetParam() OCT_F32 and OCT_BF16.
#define OCT_FOR_TYPES(Suite)                                 \
  class Suite : public testing::TestWithParam<oct_dtype> {}; \
  INSTANTIATE_TEST_SUITE_P(Types, Suite, testing::Values(OCT_F32, OCT_BF16))

/// "[2,3,4]".
std::string text_of(const std::vector<int64_t>& shape);

}  // namespace oct::test
