// Linear layer: values against sums in double, the same bits for every number of threads, refusals.
#include "octothorpe/linear.h"

#include "support.h"

namespace {

using test::Context;
using test::expect_refused;
using test::random_values;
using test::Tensor;
using test::Workspace;

struct Extents {
  int64_t b, d, v;
};

void PrintTo(const Extents& e, std::ostream* out) { *out << "B" << e.b << "_D" << e.d << "_V" << e.v; }

/// The tensors of one layer and its results.
struct Layer {
  Tensor x, weight, bias, dy, y, dx, dweight, dbias;

  Layer(oct_dtype dtype, Extents e)
      : x(dtype, {e.b, e.d}, random_values(e.b * e.d, 1)),
        weight(dtype, {e.v, e.d}, random_values(e.v * e.d, 2)),
        bias(OCT_F32, {e.v}, random_values(e.v, 3)),
        dy(dtype, {e.b, e.v}, random_values(e.b * e.v, 4)),
        y(dtype, {e.b, e.v}),
        dx(dtype, {e.b, e.d}),
        dweight(OCT_F32, {e.v, e.d}),
        dbias(OCT_F32, {e.v}) {}

  size_t workspace(oct_context* context, int32_t pass) const {
    size_t bytes = SIZE_MAX;
    EXPECT_EQ(OCT_OK, oct_linear_workspace(context, pass, x, weight, y, &bytes)) << oct_last_error();
    return bytes;
  }

  void run(int32_t threads) {
    const Context context(threads);
    const Workspace forward(workspace(context, OCT_FORWARD)), data(workspace(context, OCT_BACKWARD_DATA)),
        weights(workspace(context, OCT_BACKWARD_WEIGHT));
    ASSERT_EQ(OCT_OK, oct_linear_forward(context, x, weight, bias, y, forward.data(), forward.bytes())) << oct_last_error();
    ASSERT_EQ(OCT_OK, oct_linear_backward_data(context, dy, weight, dx, data.data(), data.bytes())) << oct_last_error();
    ASSERT_EQ(OCT_OK, oct_linear_backward_weight(context, x, dy, dweight, dbias, weights.data(), weights.bytes())) << oct_last_error();
  }
};

/// A sum of products and the sum of their magnitudes, in double.
struct Sum {
  double value = 0, magnitude = 0;
  void add(double term) {
    value += term;
    magnitude += std::fabs(term);
  }
};

/// Summing n F32 terms in any order is off by at most (n - 1) 2^-24 of the sum of magnitudes, one more for the products where they are
/// rounded, and one for a bias (Higham, Accuracy and Stability, section 3.1; terms of order 2^-48 are covered by a fourth). BF16 results
/// are then rounded to 8 bits.
void expect_close(const Sum& expected, int64_t terms, const Tensor& actual, size_t index, const char* what) {
  const double rounding = actual.view().dtype == OCT_BF16 ? 0x1p-8 * std::fabs(expected.value) : 0;
  const double tolerance = static_cast<double>(terms + 4) * 0x1p-24 * expected.magnitude * (1 + 0x1p-7) + rounding;
  const double error = std::fabs(actual.at(index) - expected.value);
  ASSERT_TRUE(error <= tolerance) << what << "[" << index << "] is " << actual.at(index) << ", expected " << expected.value << " +- "
                                  << tolerance;
}

class Linear : public testing::TestWithParam<std::tuple<oct_dtype, Extents>> {};

TEST_P(Linear, MatchesSumsInDouble) {
  const auto [dtype, e] = GetParam();
  Layer layer(dtype, e);
  layer.run(2);
  const auto at = [](const Tensor& t, int64_t i) { return static_cast<double>(t.at(static_cast<size_t>(i))); };
  for (int64_t b = 0; b < e.b; ++b) {
    for (int64_t v = 0; v < e.v; ++v) {
      Sum sum;
      sum.add(at(layer.bias, v));
      for (int64_t d = 0; d < e.d; ++d) sum.add(at(layer.x, b * e.d + d) * at(layer.weight, v * e.d + d));
      expect_close(sum, e.d, layer.y, static_cast<size_t>(b * e.v + v), "y");
    }
    for (int64_t d = 0; d < e.d; ++d) {
      Sum sum;
      for (int64_t v = 0; v < e.v; ++v) sum.add(at(layer.dy, b * e.v + v) * at(layer.weight, v * e.d + d));
      expect_close(sum, e.v, layer.dx, static_cast<size_t>(b * e.d + d), "dx");
    }
  }
  for (int64_t v = 0; v < e.v; ++v) {
    Sum column;
    for (int64_t b = 0; b < e.b; ++b) column.add(at(layer.dy, b * e.v + v));
    expect_close(column, e.b, layer.dbias, static_cast<size_t>(v), "dbias");
    for (int64_t d = 0; d < e.d; ++d) {
      Sum sum;
      for (int64_t b = 0; b < e.b; ++b) sum.add(at(layer.dy, b * e.v + v) * at(layer.x, b * e.d + d));
      expect_close(sum, e.b, layer.dweight, static_cast<size_t>(v * e.d + d), "dweight");
    }
  }
}

TEST_P(Linear, AnyThreadCountGivesTheSameBits) {
  const auto [dtype, e] = GetParam();
  Layer one(dtype, e);
  one.run(1);
  for (const int32_t threads : {2, 3, 7}) {
    Layer several(dtype, e);
    several.run(threads);
    EXPECT_TRUE(one.y.same_bits(several.y)) << "y, " << threads << " threads";
    EXPECT_TRUE(one.dx.same_bits(several.dx)) << "dx, " << threads << " threads";
    EXPECT_TRUE(one.dweight.same_bits(several.dweight)) << "dweight, " << threads << " threads";
    EXPECT_TRUE(one.dbias.same_bits(several.dbias)) << "dbias, " << threads << " threads";
  }
}

// Below, at and above: register tiles (14 x 32, 6 x 16, 6 x 8), blocks of the depth (256 words), tiles of C (280 x 512), and from
// 560 rows on a shared packed B; the last two cut the depth of backward_weight into chunks.
INSTANTIATE_TEST_SUITE_P(Shapes, Linear,
                         testing::Combine(testing::Values(OCT_F32, OCT_BF16),
                                          testing::Values(Extents{1, 1, 1}, Extents{2, 5, 3}, Extents{6, 16, 8}, Extents{7, 17, 9},
                                                          Extents{13, 255, 31}, Extents{14, 256, 32}, Extents{15, 257, 33},
                                                          Extents{3, 513, 17}, Extents{64, 7, 100}, Extents{281, 40, 513},
                                                          Extents{577, 33, 65}, Extents{2049, 24, 40}, Extents{4100, 3, 2})));

TEST(Linear, IntegersAreExact) {
  // Sums of products of small integers fit 24 bits, so every order gives the same bits, F32 and BF16 inputs alike.
  const Extents e{20, 300, 40};
  for (const oct_dtype dtype : {OCT_F32, OCT_BF16}) {
    Layer layer(dtype, e);
    for (Tensor* tensor : {&layer.x, &layer.dy}) {
      for (size_t i = 0; i < static_cast<size_t>(tensor->count()); ++i)
        tensor->set(i, static_cast<float>(static_cast<int>(i * 7 % 11) - 5));
    }
    layer.run(2);
    for (int64_t v = 0; v < e.v; ++v) {
      for (int64_t d = 0; d < e.d; ++d) {
        int sum = 0;
        for (int64_t b = 0; b < e.b; ++b) sum += static_cast<int>(((b * e.v + v) * 7 % 11 - 5) * ((b * e.d + d) * 7 % 11 - 5));
        ASSERT_EQ(static_cast<float>(sum), layer.dweight.at(static_cast<size_t>(v * e.d + d)));
      }
    }
  }
}

TEST(Linear, BiasesAreOptional) {
  Layer with(OCT_F32, {4, 6, 5}), without(OCT_F32, {4, 6, 5});
  with.bias.set(std::vector<float>(5, 0.0f));
  with.run(1);
  const Context context(1);
  const Workspace workspace(without.workspace(context, OCT_FORWARD)), weights(without.workspace(context, OCT_BACKWARD_WEIGHT));
  ASSERT_EQ(OCT_OK, oct_linear_forward(context, without.x, without.weight, nullptr, without.y, workspace.data(), workspace.bytes()));
  ASSERT_EQ(OCT_OK, oct_linear_backward_weight(context, without.x, without.dy, without.dweight, nullptr, weights.data(), weights.bytes()));
  EXPECT_EQ(with.y.values(), without.y.values());
  EXPECT_TRUE(with.dweight.same_bits(without.dweight));
}

/// Weight, buffer and BF16 copy after a step.
struct Updated {
  Tensor weight, buffer, half;

  Updated(oct_dtype dtype, Extents e, const oct_sgd& sgd, float decay, int32_t threads)
      : weight(OCT_F32, {e.v, e.d}, random_values(e.v * e.d, 5)),
        buffer(OCT_F32, {e.v, e.d}, random_values(e.v * e.d, 6)),
        half(OCT_BF16, {e.v, e.d}) {
    const Layer layer(dtype, e);
    const Context context(threads);
    const Workspace workspace(layer.workspace(context, OCT_BACKWARD_WEIGHT));
    EXPECT_EQ(OCT_OK, oct_linear_backward_weight_sgd(context, &sgd, decay, layer.x, layer.dy, weight, buffer, half, workspace.data(),
                                                     workspace.bytes()))
        << oct_last_error();
  }
};

TEST(Linear, AGradientThatEndsInAnSgdStep) {
  const float decay = 0.0625f;
  for (const oct_sgd& sgd : {oct_sgd{0.5f, 0.875f, 0, 0, 0.25f}, oct_sgd{0.5f, 0.875f, 0, 1, 0.25f}, oct_sgd{0.5f, 0.875f, 1, 0, 0.25f}}) {
    for (const oct_dtype dtype : {OCT_F32, OCT_BF16}) {
      // The last is updated in more than one block of rows: 2^20 / 3000 is 349, so 280 rows a block.
      for (const Extents e : {Extents{1, 1, 1}, Extents{9, 40, 150}, Extents{3, 3000, 300}}) {
        const Updated one(dtype, e, sgd, decay, 1), several(dtype, e, sgd, decay, 3);
        EXPECT_TRUE(one.weight.same_bits(several.weight) && one.buffer.same_bits(several.buffer) && one.half.same_bits(several.half));
        Layer layer(dtype, e);
        layer.run(1);
        const Tensor weight(OCT_F32, {e.v, e.d}, random_values(e.v * e.d, 5)), buffer(OCT_F32, {e.v, e.d}, random_values(e.v * e.d, 6));
        for (size_t i = 0; i < static_cast<size_t>(e.v * e.d); ++i) {
          const auto wide = [i](const Tensor& t) { return static_cast<double>(t.at(i)); };
          const double g = 0.25 * wide(layer.dweight) + 0.0625 * wide(weight);
          const double b = sgd.first != 0 ? g : 0.875 * wide(buffer) + g;
          const double w = wide(weight) - 0.5 * (sgd.nesterov != 0 ? g + 0.875 * b : b);
          // The gradient in another order of sums (B terms below 1 each), then 8 roundings of values below 2 + B / 4.
          const double rows = static_cast<double>(e.b), tolerance = 0.25 * 2 * (rows + 2) * 0x1p-24 * rows + 8 * 0x1p-24 * (2 + rows / 4);
          ASSERT_NEAR(b, wide(one.buffer), tolerance) << i;
          ASSERT_NEAR(w, wide(one.weight), tolerance) << i;
          ASSERT_EQ(test::bf16_to_float(test::float_to_bf16(one.weight.at(i))), one.half.at(i)) << i;
        }
      }
    }
  }
}

TEST(Linear, AnSgdStepRefusesWithTheReason) {
  const Context context(1);
  const Extents e{4, 6, 5};
  Layer layer(OCT_F32, e);
  const Workspace workspace(layer.workspace(context, OCT_BACKWARD_WEIGHT));
  const Tensor buffer(OCT_F32, {5, 6}), narrow(OCT_F32, {5, 5}), half(OCT_BF16, {5, 6});
  const oct_sgd good{0.5f, 0.9f, 0, 0, 1}, bad{0.5f, 1.0f, 0, 0, 1};
  const auto run = [&](const oct_sgd* sgd, float decay, const Tensor& weight, const Tensor& momentum, size_t bytes) {
    return oct_linear_backward_weight_sgd(context, sgd, decay, layer.x, layer.dy, weight, momentum, nullptr, workspace.data(), bytes);
  };
  expect_refused(OCT_INVALID_ARGUMENT, run(&bad, 0, layer.weight, buffer, workspace.bytes()),
                 {"linear_backward_weight_sgd", "momentum is 1"});
  expect_refused(OCT_INVALID_ARGUMENT, run(&good, -1, layer.weight, buffer, workspace.bytes()), {"decay is -1"});
  expect_refused(OCT_INVALID_ARGUMENT, run(&good, 0, half, buffer, workspace.bytes()), {"weight", "bf16", "f32"});
  expect_refused(OCT_INVALID_ARGUMENT, run(&good, 0, layer.weight, narrow, workspace.bytes()), {"buffer", "[5,5]"});
  expect_refused(OCT_INVALID_ARGUMENT, run(&good, 0, layer.weight, layer.weight, workspace.bytes()), {"overlaps"});
  expect_refused(OCT_INVALID_ARGUMENT, run(&good, 0, layer.weight, buffer, workspace.bytes() - 1), {"workspace", "needed"});
}

TEST(Linear, RefusesWithTheReason) {
  const Context context(1);
  Layer layer(OCT_F32, {4, 6, 5});
  const Workspace workspace(layer.workspace(context, OCT_FORWARD));
  const Tensor wide(OCT_F32, {5, 7}), bf16_weight(OCT_BF16, {5, 6}), short_bias(OCT_F32, {4}), bf16_dweight(OCT_BF16, {5, 6});
  const auto forward = [&](const Tensor& weight, const oct_tensor* bias, const Tensor& y, size_t bytes) {
    return oct_linear_forward(context, layer.x, weight, bias, y, workspace.data(), bytes);
  };
  expect_refused(OCT_INVALID_ARGUMENT, forward(wide, nullptr, layer.y, workspace.bytes()),
                 {"linear_forward", "weight", "[5,7]", "inputs D"});
  expect_refused(OCT_INVALID_ARGUMENT, forward(bf16_weight, nullptr, layer.y, workspace.bytes()), {"weight", "bf16", "share a type"});
  expect_refused(OCT_INVALID_ARGUMENT, forward(layer.weight, short_bias, layer.y, workspace.bytes()), {"bias", "[4]", "outputs V"});
  expect_refused(OCT_INVALID_ARGUMENT, forward(layer.weight, nullptr, layer.y, workspace.bytes() - 1), {"workspace", "needed"});
  expect_refused(OCT_INVALID_ARGUMENT, forward(layer.weight, nullptr, wide, workspace.bytes()), {"y", "[5,7]", "rows B"});
  const Tensor square(OCT_F32, {4, 4}), self(OCT_F32, {4, 4});
  expect_refused(OCT_INVALID_ARGUMENT, oct_linear_forward(context, self, square, nullptr, self, workspace.data(), workspace.bytes()),
                 {"y overlaps x"});
  expect_refused(OCT_INVALID_ARGUMENT,
                 oct_linear_backward_weight(context, layer.x, layer.dy, bf16_dweight, nullptr, workspace.data(), workspace.bytes()),
                 {"dweight", "bf16", "f32"});
  size_t bytes;
  expect_refused(OCT_INVALID_ARGUMENT, oct_linear_workspace(context, 3, layer.x, layer.weight, layer.y, &bytes), {"pass is 3"});
  expect_refused(OCT_INVALID_ARGUMENT, oct_linear_workspace(nullptr, 0, layer.x, layer.weight, layer.y, &bytes), {"context is null"});
}

}  // namespace
