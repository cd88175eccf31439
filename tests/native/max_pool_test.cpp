// Maximum over windows: values, ties and NaN against a plain loop, refusals, and the same bits for every number of threads.
#include "octothorpe/max_pool.h"

#include "support.h"

namespace {

using test::Context;
using test::expect_refused;
using test::random_values;
using test::Tensor;

struct Case {
  oct_max_pool pool;
  std::vector<int64_t> x, y;
  explicit Case(const std::vector<int64_t>& line) : pool{line[4], line[5], line[6]}, x(line.begin(), line.begin() + 4), y(x) {
    for (size_t axis : {1, 2}) y[axis] = (x[axis] + 2 * pool.padding - pool.kernel) / pool.stride + 1;
  }
};

// Calls visit(element of y, element of x, place in the window) for every place of a window that is not padding, in row-major order.
template <class Visit>
void for_windows(const Case& c, const Visit& visit) {
  for (int64_t n = 0; n < c.y[0]; ++n)
    for (int64_t p = 0; p < c.y[1]; ++p)
      for (int64_t q = 0; q < c.y[2]; ++q)
        for (int64_t ch = 0; ch < c.y[3]; ++ch)
          for (int64_t r = 0; r < c.pool.kernel; ++r)
            for (int64_t s = 0; s < c.pool.kernel; ++s) {
              const int64_t h = p * c.pool.stride - c.pool.padding + r, w = q * c.pool.stride - c.pool.padding + s;
              if (h < 0 || h >= c.x[1] || w < 0 || w >= c.x[2]) continue;
              visit(static_cast<size_t>(((n * c.y[1] + p) * c.y[2] + q) * c.y[3] + ch),
                    static_cast<size_t>(((n * c.x[1] + h) * c.x[2] + w) * c.x[3] + ch), static_cast<uint8_t>(r * c.pool.kernel + s));
            }
}

class MaxPool : public testing::TestWithParam<std::tuple<oct_dtype, std::vector<int64_t>>> {
 protected:
  static void expect_definition(oct_dtype dtype, const Case& c, const Tensor& x) {
    Tensor y(dtype, c.y), index(OCT_U8, c.y), dy(dtype, c.y), dx(dtype, c.x), plain(dtype, c.y);
    dy.set(random_values(dy.count(), 7));
    ASSERT_EQ(OCT_OK, oct_max_pool_forward(Context(1), &c.pool, x, y, index)) << oct_last_error();
    ASSERT_EQ(OCT_OK, oct_max_pool_backward(Context(1), &c.pool, dy, index, dx)) << oct_last_error();

    const size_t count = static_cast<size_t>(y.count());
    std::vector<float> best(count);
    std::vector<uint8_t> place(count);
    std::vector<size_t> winner(count, SIZE_MAX);
    for_windows(c, [&](size_t to, size_t from, uint8_t at) {
      const float value = x.at(from);
      const bool first = winner[to] == SIZE_MAX;
      if (!first && (std::isnan(best[to]) || (!std::isnan(value) && value <= best[to]))) return;
      best[to] = value;
      place[to] = at;
      winner[to] = from;
    });
    std::vector<double> sums(static_cast<size_t>(dx.count()));
    std::vector<int> terms(sums.size());
    std::vector<double> magnitude(sums.size());
    for (size_t i = 0; i < count; ++i) {
      ASSERT_EQ(place[i], index.as<uint8_t>()[i]) << i;
      ASSERT_TRUE(best[i] == y.at(i) || (std::isnan(best[i]) && std::isnan(y.at(i)))) << i << ": " << best[i] << " and " << y.at(i);
      sums[winner[i]] += static_cast<double>(dy.at(i));
      magnitude[winner[i]] += std::fabs(static_cast<double>(dy.at(i)));
      ++terms[winner[i]];
    }
    for (size_t i = 0; i < sums.size(); ++i) {
      // terms - 1 additions in F32, then one rounding to the type.
      const double tolerance = magnitude[i] * std::max(0, terms[i] - 1) * 0x1p-24 + std::fabs(sums[i]) * (dtype == OCT_F32 ? 0 : 0x1p-8);
      ASSERT_NEAR(sums[i], dx.at(i), tolerance) << i;
    }

    ASSERT_EQ(OCT_OK, oct_max_pool_forward(Context(1), &c.pool, x, plain, nullptr)) << oct_last_error();
    EXPECT_TRUE(y.same_bits(plain)) << "without an index";
    for (const int32_t threads : {2, 3}) {
      Tensor y2(dtype, c.y), index2(OCT_U8, c.y), dx2(dtype, c.x);
      ASSERT_EQ(OCT_OK, oct_max_pool_forward(Context(threads), &c.pool, x, y2, index2));
      ASSERT_EQ(OCT_OK, oct_max_pool_backward(Context(threads), &c.pool, dy, index2, dx2));
      EXPECT_TRUE(y.same_bits(y2) && index.same_bits(index2) && dx.same_bits(dx2)) << threads << " threads";
    }
  }
};

TEST_P(MaxPool, MatchesTheDefinition) {
  const auto& [dtype, line] = GetParam();
  const Case c(line);
  Tensor x(dtype, c.x);
  x.set(random_values(x.count(), 3, -2, -1));  // below zero: padding would win if it counted
  expect_definition(dtype, c, x);
}

TEST_P(MaxPool, FirstOfEqualsAndFirstNanWin) {
  const auto& [dtype, line] = GetParam();
  const Case c(line);
  Tensor x(dtype, c.x);
  std::vector<float> values = random_values(x.count(), 4, 0, 5);
  for (float& value : values) value = value < 1 ? NAN : value < 2 ? -INFINITY : std::floor(value);
  x.set(values);
  expect_definition(dtype, c, x);
}

INSTANTIATE_TEST_SUITE_P(Shapes, MaxPool,
                         testing::Combine(testing::Values(OCT_F32, OCT_BF16), testing::ValuesIn(test::shape_lines("max_pool", "test", 7))));

TEST(MaxPoolRefuses, WhatDoesNotFit) {
  Context context(1);
  Tensor x(OCT_F32, {1, 8, 8, 3}), y(OCT_F32, {1, 4, 4, 3}), index(OCT_U8, {1, 4, 4, 3});
  const oct_max_pool good{3, 2, 1};
  ASSERT_EQ(OCT_OK, oct_max_pool_forward(context, &good, x, y, index)) << oct_last_error();
  const auto refuse = [&](oct_max_pool pool, std::initializer_list<const char*> parts) {
    expect_refused(OCT_INVALID_ARGUMENT, oct_max_pool_forward(context, &pool, x, y, index), parts);
    expect_refused(OCT_INVALID_ARGUMENT, oct_max_pool_backward(context, &pool, y, index, x), parts);
  };
  refuse({0, 2, 1}, {"kernel is 0", "[1,15]"});
  refuse({16, 2, 1}, {"kernel is 16"});
  refuse({3, 0, 1}, {"stride is 0"});
  refuse({3, 2, 2}, {"padding is 2", "[0,1]"});
  refuse({3, 2, 3}, {"padding is 3", "[0,1]"});  // windows of padding alone
  refuse({1, 1, 1}, {"padding is 1", "[0,0]"});
  refuse({4, 1, 3}, {"padding is 3", "[0,2]"});
  refuse({3, 2, -1}, {"padding is -1"});
  refuse({3, 1, 1}, {"axis 1 must be 8", "(extent + 2 padding - kernel) / stride + 1"});
  refuse({11, 1, 0}, {"kernel 11", "must fit"});
  expect_refused(OCT_INVALID_ARGUMENT, oct_max_pool_forward(context, nullptr, x, y, index), {"parameters are null"});
  Tensor wrong(OCT_F32, {1, 4, 4, 3}), small(OCT_U8, {1, 4, 4, 2});
  expect_refused(OCT_INVALID_ARGUMENT, oct_max_pool_forward(context, &good, x, y, wrong), {"index is f32", "u8"});
  expect_refused(OCT_INVALID_ARGUMENT, oct_max_pool_forward(context, &good, x, y, small), {"index has the shape [1,4,4,2]"});
  expect_refused(OCT_INVALID_ARGUMENT, oct_max_pool_backward(context, &good, y, nullptr, x), {"index is null"});
}

}  // namespace
