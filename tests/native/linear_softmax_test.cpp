// The head with its loss: values against double precision, the same bits for every number of threads, refusals.
#include "octothorpe/linear_softmax.h"

#include "support.h"

namespace {

using test::Context;
using test::expect_refused;
using test::random_values;
using test::Tensor;
using test::Workspace;

struct Case {
  int64_t b, d, v, chunk;
};

void PrintTo(const Case& c, std::ostream* out) { *out << "B" << c.b << "_D" << c.d << "_V" << c.v << "_chunk" << c.chunk; }

constexpr float kScale = 0.25f;

/// Row r has r % 3 + 1 labels; those of row 2 are one label three times.
struct Head {
  Tensor x, weight, bias, offsets, labels, loss, dx, dweight, dbias;

  Head(oct_dtype dtype, Case c)
      : x(dtype, {c.b, c.d}, random_values(c.b * c.d, 1)),
        weight(dtype, {c.v, c.d}, random_values(c.v * c.d, 2)),
        bias(OCT_F32, {c.v}, random_values(c.v, 3)),
        offsets(OCT_I32, {c.b + 1}),
        labels(OCT_I32, {3 * c.b}),
        loss(OCT_F32, {c.b}),
        dx(dtype, {c.b, c.d}),
        dweight(OCT_F32, {c.v, c.d}),
        dbias(OCT_F32, {c.v}) {
    int32_t count = 0;
    offsets.as<int32_t>()[0] = 0;
    for (int64_t r = 0; r < c.b; ++r) {
      for (int64_t l = 0; l <= r % 3; ++l) labels.as<int32_t>()[count++] = static_cast<int32_t>((r * 37 + (r == 2 ? 5 : 11 * l)) % c.v);
      offsets.as<int32_t>()[r + 1] = count;
    }
    for (int64_t l = count; l < 3 * c.b; ++l) labels.as<int32_t>()[l] = -1;  // is not read
  }

  oct_status run(int64_t chunk, int32_t threads = 2, bool with_bias = true) {
    const Context context(threads);
    size_t bytes = 0;
    const oct_status status = oct_linear_softmax_workspace(context, x, weight, chunk, &bytes);
    if (status != OCT_OK) return status;
    const Workspace workspace(bytes);
    return oct_linear_softmax_cross_entropy(context, x, weight, with_bias ? static_cast<const oct_tensor*>(bias) : nullptr, offsets, labels,
                                            kScale, chunk, loss, dx, dweight, dbias, workspace.data(), workspace.bytes());
  }
};

class LinearSoftmax : public testing::TestWithParam<std::tuple<oct_dtype, Case>> {};

TEST_P(LinearSoftmax, MatchesDouble) {
  const auto [dtype, c] = GetParam();
  Head head(dtype, c);
  ASSERT_EQ(OCT_OK, head.run(c.chunk)) << oct_last_error();
  const auto at = [](const Tensor& t, int64_t i) { return static_cast<double>(t.at(static_cast<size_t>(i))); };
  // A logit of D terms and a bias is off by e; a probability then by 2 e, relative, and by 2^-18 for the exponentials and their sum.
  const double rounding = dtype == OCT_BF16 ? 0x1p-8 : 0x1p-24;
  std::vector<double> g(static_cast<size_t>(c.b * c.v)), error(g.size());
  for (int64_t r = 0; r < c.b; ++r) {
    std::vector<double> z(static_cast<size_t>(c.v)), off(static_cast<size_t>(c.v));
    double max = -INFINITY, sum = 0, e = 0;
    for (int64_t v = 0; v < c.v; ++v) {
      double magnitude = std::fabs(at(head.bias, v));
      z[static_cast<size_t>(v)] = at(head.bias, v);
      for (int64_t d = 0; d < c.d; ++d) {
        const double term = at(head.x, r * c.d + d) * at(head.weight, v * c.d + d);
        z[static_cast<size_t>(v)] += term;
        magnitude += std::fabs(term);
      }
      e = std::max(e, static_cast<double>(c.d + 4) * 0x1p-24 * magnitude);
      max = std::max(max, z[static_cast<size_t>(v)]);
    }
    for (double value : z) sum += std::exp(value - max);
    const int32_t begin = head.offsets.as<int32_t>()[r], end = head.offsets.as<int32_t>()[r + 1];
    double loss = max + std::log(sum);
    std::vector<double> target(static_cast<size_t>(c.v));
    for (int32_t l = begin; l < end; ++l) {
      const size_t label = static_cast<size_t>(head.labels.as<int32_t>()[l]);
      target[label] += 1.0 / (end - begin);
      loss -= z[label] / (end - begin);
    }
    EXPECT_NEAR(loss, at(head.loss, r), 2 * e + 0x1p-18 + 0x1p-23 * loss) << "row " << r;
    for (int64_t v = 0; v < c.v; ++v) {
      const double p = std::exp(z[static_cast<size_t>(v)] - max) / sum;
      const size_t i = static_cast<size_t>(r * c.v + v);
      g[i] = static_cast<double>(kScale) * (p - target[static_cast<size_t>(v)]);
      error[i] =
          static_cast<double>(kScale) * ((2 * e + 0x1p-17) * p + 0x1p-21 * target[static_cast<size_t>(v)]) + rounding * std::fabs(g[i]);
    }
  }
  const auto expect_sum = [&](const char* what, const Tensor& actual, int64_t index, int64_t terms, auto term) {
    double value = 0, magnitude = 0, tolerance = 0;
    for (int64_t k = 0; k < terms; ++k) {
      const auto [gradient, factor] = term(k);
      const size_t i = static_cast<size_t>(gradient);
      value += g[i] * factor;
      magnitude += std::fabs(g[i] * factor);
      tolerance += error[i] * std::fabs(factor);
    }
    tolerance += static_cast<double>(terms + 4) * 0x1p-24 * magnitude + (actual.view().dtype == OCT_BF16 ? 0x1p-8 * std::fabs(value) : 0);
    EXPECT_NEAR(value, at(actual, index), tolerance * (1 + 0x1p-6)) << what << "[" << index << "]";
  };
  for (int64_t r = 0; r < c.b; ++r) {
    for (int64_t d = 0; d < c.d; ++d) {
      expect_sum("dx", head.dx, r * c.d + d, c.v,
                 [&, weight = &head.weight](int64_t v) { return std::pair(r * c.v + v, at(*weight, v * c.d + d)); });
    }
  }
  for (int64_t v = 0; v < c.v; ++v) {
    expect_sum("dbias", head.dbias, v, c.b, [&](int64_t r) { return std::pair(r * c.v + v, 1.0); });
    for (int64_t d = 0; d < c.d; ++d) {
      expect_sum("dweight", head.dweight, v * c.d + d, c.b,
                 [&, x = &head.x](int64_t r) { return std::pair(r * c.v + v, at(*x, r * c.d + d)); });
    }
  }
}

TEST_P(LinearSoftmax, AnyThreadCountGivesTheSameBits) {
  const auto [dtype, c] = GetParam();
  Head one(dtype, c);
  ASSERT_EQ(OCT_OK, one.run(c.chunk, 1)) << oct_last_error();
  for (const int32_t threads : {2, 5}) {
    Head several(dtype, c);
    ASSERT_EQ(OCT_OK, several.run(c.chunk, threads)) << oct_last_error();
    EXPECT_TRUE(one.loss.same_bits(several.loss) && one.dx.same_bits(several.dx)) << threads;
    EXPECT_TRUE(one.dweight.same_bits(several.dweight) && one.dbias.same_bits(several.dbias)) << threads;
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, LinearSoftmax,
                         testing::Combine(testing::Values(OCT_F32, OCT_BF16),
                                          testing::Values(Case{1, 1, 1, 1}, Case{3, 5, 2, 0}, Case{5, 17, 33, 7}, Case{7, 40, 64, 64},
                                                          Case{20, 33, 700, 0}, Case{20, 33, 700, 256}, Case{2, 9, 9001, 5000})));

TEST(LinearSoftmax, OutputsAreOptional) {
  Head all(OCT_BF16, {4, 20, 50, 0}), some(OCT_BF16, {4, 20, 50, 0});
  ASSERT_EQ(OCT_OK, all.run(16)) << oct_last_error();
  const Context context(1);
  size_t bytes = 0;
  ASSERT_EQ(OCT_OK, oct_linear_softmax_workspace(context, some.x, some.weight, 16, &bytes));
  const Workspace workspace(bytes);
  const auto run = [&](const oct_tensor* dx, const oct_tensor* dweight, const oct_tensor* dbias) {
    return oct_linear_softmax_cross_entropy(context, some.x, some.weight, some.bias, some.offsets, some.labels, kScale, 16, some.loss, dx,
                                            dweight, dbias, workspace.data(), workspace.bytes());
  };
  ASSERT_EQ(OCT_OK, run(nullptr, nullptr, nullptr));
  EXPECT_TRUE(all.loss.same_bits(some.loss));
  ASSERT_EQ(OCT_OK, run(some.dx, nullptr, nullptr));
  EXPECT_TRUE(all.dx.same_bits(some.dx));
  ASSERT_EQ(OCT_OK, run(nullptr, some.dweight, some.dbias));
  EXPECT_TRUE(all.dweight.same_bits(some.dweight) && all.dbias.same_bits(some.dbias));
}

TEST(LinearSoftmax, AMissingBiasIsZero) {
  Head with(OCT_F32, {3, 8, 20, 0}), without(OCT_F32, {3, 8, 20, 0});
  with.bias.set(std::vector<float>(20, 0.0f));
  ASSERT_EQ(OCT_OK, with.run(6));
  ASSERT_EQ(OCT_OK, without.run(6, 2, false));
  EXPECT_EQ(with.loss.values(), without.loss.values());
  EXPECT_TRUE(with.dweight.same_bits(without.dweight));
}

TEST(LinearSoftmax, AClassOfBiasMinusInfinityIsMasked) {
  for (const int64_t chunk : {0, 1, 4}) {
    Head head(OCT_F32, {1, 8, 20, 0});
    for (const size_t masked : {1u, 2u, 3u, 19u}) head.bias.set(masked, -INFINITY);
    ASSERT_EQ(OCT_OK, head.run(chunk));
    EXPECT_TRUE(std::isfinite(head.loss.at(0)));
    EXPECT_EQ(0.0f, head.dbias.at(2));
    head.bias.set(0, -INFINITY);  // the label
    ASSERT_EQ(OCT_OK, head.run(chunk));
    EXPECT_EQ(INFINITY, head.loss.at(0));
  }
}

TEST(LinearSoftmax, RefusesWithTheReason) {
  Head head(OCT_F32, {3, 4, 10, 0});
  expect_refused(OCT_INVALID_ARGUMENT, head.run(-1), {"linear_softmax_workspace", "chunk is -1", "[0,10]"});
  expect_refused(OCT_INVALID_ARGUMENT, head.run(11), {"chunk is 11"});
  head.labels.as<int32_t>()[1] = 10;
  expect_refused(OCT_INVALID_ARGUMENT, head.run(4), {"linear_softmax_cross_entropy", "row 1", "label 10", "[0,10)"});
  head.labels.as<int32_t>()[1] = 0;
  const Context context(1);
  size_t bytes = 0;
  ASSERT_EQ(OCT_OK, oct_linear_softmax_workspace(context, head.x, head.weight, 0, &bytes));
  oct_tensor shape_of_x = head.x.view(), shape_of_weight = head.weight.view();
  shape_of_x.data = shape_of_weight.data = nullptr;
  size_t same = 0;
  EXPECT_EQ(OCT_OK, oct_linear_softmax_workspace(context, &shape_of_x, &shape_of_weight, 0, &same)) << oct_last_error();
  EXPECT_EQ(bytes, same);
  const Workspace workspace(bytes);
  const auto run = [&](const oct_tensor* weight, const oct_tensor* dx, const oct_tensor* dweight, size_t given) {
    return oct_linear_softmax_cross_entropy(context, head.x, weight, nullptr, head.offsets, head.labels, 1, 0, head.loss, dx, dweight,
                                            nullptr, workspace.data(), given);
  };
  const Tensor wide(OCT_F32, {10, 5}), half(OCT_BF16, {10, 4});
  expect_refused(OCT_INVALID_ARGUMENT, run(wide, nullptr, nullptr, bytes), {"weight", "[10,5]", "inputs D"});
  expect_refused(OCT_INVALID_ARGUMENT, run(half, nullptr, nullptr, bytes), {"weight", "bf16"});
  expect_refused(OCT_INVALID_ARGUMENT, run(head.weight, nullptr, half, bytes), {"dweight", "bf16", "f32"});
  expect_refused(OCT_INVALID_ARGUMENT, run(head.weight, head.x, nullptr, bytes), {"dx overlaps x"});
  expect_refused(OCT_INVALID_ARGUMENT, run(head.weight, nullptr, head.weight, bytes), {"dweight overlaps weight"});
  expect_refused(OCT_INVALID_ARGUMENT, run(head.weight, nullptr, nullptr, bytes - 1), {"workspace", "needed"});
  expect_refused(OCT_INVALID_ARGUMENT, oct_linear_softmax_workspace(nullptr, head.x, head.weight, 0, &bytes), {"context is null"});
}

}  // namespace
