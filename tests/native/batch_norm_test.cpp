// Batch normalisation: all passes against loops in double, aliased outputs, refusals, and the same bits for every number of threads.
#include "octothorpe/batch_norm.h"

#include <algorithm>

#include "support.h"

namespace {

using test::Context;
using test::expect_refused;
using test::random_values;
using test::Tensor;
using test::Workspace;

constexpr double kUnit = 0x1p-24;  // half the distance from 1 to the next F32

double at(const Tensor& tensor, int64_t i) { return static_cast<double>(tensor.at(static_cast<size_t>(i))); }

size_t scratch_bytes(const Tensor& x) {
  size_t bytes = 0;
  EXPECT_EQ(OCT_OK, oct_batch_norm_workspace(Context(1), x, &bytes)) << oct_last_error();
  return bytes;
}

/// One problem: inputs, and the outputs of one run of every pass.
struct Problem {
  oct_dtype dtype;
  std::vector<int64_t> shape;
  bool relu, residual;
  int64_t rows = shape[0] * shape[1] * shape[2], channels = shape[3];
  oct_batch_norm bn{1e-5f, 0.1f, relu ? 1 : 0};
  Tensor x{dtype, shape}, rest{dtype, shape}, dy{dtype, shape};
  Tensor weight{OCT_F32, {channels}, random_values(channels, 4, -2, 2)}, bias{OCT_F32, {channels}, random_values(channels, 5)};
  Tensor start_mean{OCT_F32, {channels}, random_values(channels, 6)},
      start_variance{OCT_F32, {channels}, random_values(channels, 7, 0.5f, 2)};

  Problem(oct_dtype type, const std::vector<int64_t>& x_shape, bool with_relu, bool with_residual, float mean = 0)
      : dtype(type), shape(x_shape), relu(with_relu), residual(with_residual) {
    std::vector<float> values = random_values(x.count(), 1);
    for (float& value : values) value += mean;
    x.set(values);
    rest.set(random_values(rest.count(), 2));
    dy.set(random_values(dy.count(), 3));
  }
  const oct_tensor* residual_or_null() const { return residual ? static_cast<const oct_tensor*>(rest) : nullptr; }

  /// A bound of the relative error of sums over the rows: a chunk has at most 1,024 of them and two partial additions a pair of rows;
  /// the chunks are merged in double.
  double sum_error() const { return (static_cast<double>(std::min<int64_t>(rows, 1024)) + 6) * kUnit; }
  double rounding() const { return dtype == OCT_F32 ? kUnit : 0x1p-8; }
};

/// The outputs of one run.
struct Outputs {
  Tensor y, mean, rstd, running_mean, running_variance, dx, dresidual, dweight, dbias;
  explicit Outputs(const Problem& p)
      : y(p.dtype, p.shape),
        mean(OCT_F32, {p.channels}),
        rstd(OCT_F32, {p.channels}),
        running_mean(OCT_F32, {p.channels}, p.start_mean.values()),
        running_variance(OCT_F32, {p.channels}, p.start_variance.values()),
        dx(p.dtype, p.shape),
        dresidual(p.dtype, p.shape),
        dweight(OCT_F32, {p.channels}),
        dbias(OCT_F32, {p.channels}) {}
  bool same_bits(const Outputs& o, bool with_residual) const {
    return y.same_bits(o.y) && mean.same_bits(o.mean) && rstd.same_bits(o.rstd) && running_mean.same_bits(o.running_mean) &&
           running_variance.same_bits(o.running_variance) && dx.same_bits(o.dx) && (!with_residual || dresidual.same_bits(o.dresidual)) &&
           dweight.same_bits(o.dweight) && dbias.same_bits(o.dbias);
  }
};

Outputs run_training(const Problem& p, int32_t threads) {
  Context context(threads);
  Outputs o(p);
  Workspace scratch(scratch_bytes(p.x));
  EXPECT_EQ(OCT_OK, oct_batch_norm_forward_training(context, &p.bn, p.x, p.weight, p.bias, p.residual_or_null(), o.running_mean,
                                                    o.running_variance, o.mean, o.rstd, o.y, scratch.data(), scratch.bytes()))
      << oct_last_error();
  EXPECT_EQ(OCT_OK, oct_batch_norm_backward_training(context, &p.bn, p.x, p.relu ? static_cast<const oct_tensor*>(o.y) : nullptr, p.weight,
                                                     o.mean, o.rstd, p.dy, o.dx, p.residual ? &o.dresidual.view() : nullptr, o.dweight,
                                                     o.dbias, scratch.data(), scratch.bytes()))
      << oct_last_error();
  return o;
}

Outputs run_inference(const Problem& p, int32_t threads) {
  Context context(threads);
  Outputs o(p);
  Workspace scratch(scratch_bytes(p.x));
  EXPECT_EQ(OCT_OK, oct_batch_norm_forward_inference(context, &p.bn, p.x, p.weight, p.bias, p.residual_or_null(), p.start_mean,
                                                     p.start_variance, o.y))
      << oct_last_error();
  EXPECT_EQ(OCT_OK,
            oct_batch_norm_backward_inference(context, &p.bn, p.x, p.relu ? static_cast<const oct_tensor*>(o.y) : nullptr, p.weight,
                                              p.start_mean, p.start_variance, p.dy, o.dx, p.residual ? &o.dresidual.view() : nullptr,
                                              o.dweight, o.dbias, scratch.data(), scratch.bytes()))
      << oct_last_error();
  return o;
}

/// y of one channel from the statistics that the pass used, `mean_error` being their own absolute error.
void expect_output(const Problem& p, const Outputs& o, int64_t c, double mean, double rstd, double mean_error, double rstd_error) {
  const double w = at(p.weight, c), b = at(p.bias, c);
  for (int64_t r = 0; r < p.rows; ++r) {
    const int64_t i = r * p.channels + c;
    const double rest = p.residual ? at(p.rest, i) : 0, normal = (at(p.x, i) - mean) * rstd * w;
    double expected = normal + b + rest;
    if (p.relu) expected = std::max(expected, 0.0);
    // Difference, scale (2), product and two sums round by 2^-24 of what they give; then one rounding to the type.
    const double tolerance = std::fabs(w) * rstd * mean_error + std::fabs(normal) * (rstd_error + 4 * kUnit) +
                             2 * kUnit * (std::fabs(normal) + std::fabs(b) + std::fabs(rest)) + p.rounding() * std::fabs(expected) * 1.01;
    ASSERT_NEAR(expected, o.y.at(static_cast<size_t>(i)), tolerance) << "y, row " << r << ", channel " << c;
  }
}

/// Gradients of one channel, the mask being the library's own y > 0; with `constant` statistics dx is only scaled.
void expect_gradients(const Problem& p, const Outputs& o, int64_t c, double mean, double rstd, bool constant) {
  const double w = at(p.weight, c), count = static_cast<double>(p.rows);
  double sum = 0, sum_size = 0, dot = 0, dot_size = 0;
  const auto gradient = [&](int64_t i) { return !p.relu || o.y.at(static_cast<size_t>(i)) > 0 ? at(p.dy, i) : 0.0; };
  for (int64_t r = 0; r < p.rows; ++r) {
    const int64_t i = r * p.channels + c;
    const double g = gradient(i), normal = (at(p.x, i) - mean) * rstd;
    sum += g;
    sum_size += std::fabs(g);
    dot += g * normal;
    dot_size += std::fabs(g * normal);
  }
  ASSERT_NEAR(sum, at(o.dbias, c), p.sum_error() * sum_size) << "dbias, channel " << c;
  ASSERT_NEAR(dot, at(o.dweight, c), (p.sum_error() + 3 * kUnit) * dot_size) << "dweight, channel " << c;
  for (int64_t r = 0; r < p.rows; ++r) {
    const int64_t i = r * p.channels + c;
    const double g = gradient(i), normal = (at(p.x, i) - mean) * rstd;
    const double expected = constant ? w * rstd * g : w * rstd * (g - sum / count - normal * dot / count);
    // The sums carry their own errors; the rest is at most eight roundings of the terms' sizes.
    const double sums = constant ? 0 : (sum_size + std::fabs(normal) * dot_size) / count;
    const double tolerance =
        std::fabs(w) * rstd * (p.sum_error() * sums + 8 * kUnit * (std::fabs(g) + sums)) + p.rounding() * std::fabs(expected) * 1.01;
    ASSERT_NEAR(expected, o.dx.at(static_cast<size_t>(i)), tolerance) << "dx, row " << r << ", channel " << c;
    if (p.residual) {
      ASSERT_EQ(g, at(o.dresidual, i)) << "dresidual, row " << r << ", channel " << c;
    }
  }
}

void expect_training(const Problem& p, const Outputs& o) {
  const double count = static_cast<double>(p.rows), epsilon = static_cast<double>(p.bn.epsilon), take = static_cast<double>(p.bn.momentum);
  for (int64_t c = 0; c < p.channels; ++c) {
    double mean = 0, variance = 0, deviation = 0;
    for (int64_t r = 0; r < p.rows; ++r) mean += at(p.x, r * p.channels + c) / count;
    for (int64_t r = 0; r < p.rows; ++r) {
      const double d = at(p.x, r * p.channels + c) - mean;
      variance += d * d / count;
      deviation += std::fabs(d) / count;
    }
    // The mean of a chunk is corrected by the mean of its residues, so what is left is rounding it once more, and theirs.
    const double mean_error = 3 * kUnit * std::fabs(mean) + p.sum_error() * deviation;
    // A relative error of the variance counts half in 1 / sqrt; the error of the mean enters squared.
    const double off = mean_error * mean_error / (variance + epsilon);
    const double variance_error = p.sum_error() + off, rstd = 1 / std::sqrt(variance + epsilon);
    ASSERT_NEAR(mean, at(o.mean, c), mean_error) << "mean, channel " << c;
    ASSERT_NEAR(rstd, at(o.rstd, c), rstd * (variance_error / 2 + kUnit)) << "rstd, channel " << c;
    const double running_mean = (1 - take) * at(p.start_mean, c) + take * mean;
    const double running_variance = (1 - take) * at(p.start_variance, c) + take * variance * count / (count - 1);
    ASSERT_NEAR(running_mean, at(o.running_mean, c), take * mean_error + kUnit * std::fabs(running_mean)) << c;
    ASSERT_NEAR(running_variance, at(o.running_variance, c), take * variance_error * (variance + epsilon) * 2 + kUnit * running_variance)
        << c;
    ASSERT_NO_FATAL_FAILURE(expect_output(p, o, c, mean, rstd, mean_error, variance_error / 2 + kUnit));
    ASSERT_NO_FATAL_FAILURE(expect_gradients(p, o, c, at(o.mean, c), at(o.rstd, c), false));
  }
}

void expect_inference(const Problem& p, const Outputs& o) {
  for (int64_t c = 0; c < p.channels; ++c) {
    const double mean = at(p.start_mean, c), rstd = 1 / std::sqrt(at(p.start_variance, c) + static_cast<double>(p.bn.epsilon));
    ASSERT_NO_FATAL_FAILURE(expect_output(p, o, c, mean, rstd, 0, kUnit));
    ASSERT_NO_FATAL_FAILURE(expect_gradients(p, o, c, mean, rstd, true));
  }
}

class BatchNorm : public testing::TestWithParam<std::tuple<oct_dtype, bool, bool, std::vector<int64_t>>> {
 protected:
  static Problem problem(float mean = 0) {
    const auto& [dtype, relu, residual, shape] = GetParam();
    return Problem(dtype, shape, relu, residual, mean);
  }
};

TEST_P(BatchNorm, MatchesDouble) {
  const Problem p = problem();
  expect_training(p, run_training(p, 2));
  expect_inference(p, run_inference(p, 2));
}

TEST_P(BatchNorm, SurvivesAMeanFarAboveTheDeviation) {
  const Problem p = problem(1000);
  expect_training(p, run_training(p, 2));
}

TEST_P(BatchNorm, AnyThreadCountGivesTheSameBits) {
  const Problem p = problem();
  const Outputs training = run_training(p, 1), inference = run_inference(p, 1);
  for (const int32_t threads : {2, 3, 7}) {
    EXPECT_TRUE(training.same_bits(run_training(p, threads), p.residual)) << "training, " << threads << " threads";
    const Outputs other = run_inference(p, threads);
    EXPECT_TRUE(inference.y.same_bits(other.y) && inference.dx.same_bits(other.dx) && inference.dweight.same_bits(other.dweight) &&
                inference.dbias.same_bits(other.dbias))
        << "inference, " << threads << " threads";
  }
}

TEST_P(BatchNorm, OutputsOverInputsGiveTheSameBits) {
  const Problem p = problem();
  const Outputs o = run_training(p, 2), inference = run_inference(p, 2);
  Context context(2);
  Workspace scratch(scratch_bytes(p.x));
  Outputs t(p);
  if (p.residual) {
    Tensor y(p.dtype, p.shape, p.rest.values());
    ASSERT_EQ(OCT_OK, oct_batch_norm_forward_training(context, &p.bn, p.x, p.weight, p.bias, y, nullptr, nullptr, t.mean, t.rstd, y,
                                                      scratch.data(), scratch.bytes()))
        << oct_last_error();
    EXPECT_TRUE(o.y.same_bits(y)) << "y over residual";
  }
  Tensor x(p.dtype, p.shape, p.x.values());
  ASSERT_EQ(OCT_OK,
            oct_batch_norm_forward_inference(context, &p.bn, x, p.weight, p.bias, p.residual_or_null(), p.start_mean, p.start_variance, x))
      << oct_last_error();
  EXPECT_TRUE(inference.y.same_bits(x)) << "y over x";

  const auto backward = [&](const oct_tensor* y, const oct_tensor* dy, const oct_tensor* dx, const oct_tensor* dresidual) {
    ASSERT_EQ(OCT_OK, oct_batch_norm_backward_training(context, &p.bn, p.x, p.relu ? y : nullptr, p.weight, o.mean, o.rstd, dy, dx,
                                                       dresidual, t.dweight, t.dbias, scratch.data(), scratch.bytes()))
        << oct_last_error();
    EXPECT_TRUE(o.dweight.same_bits(t.dweight) && o.dbias.same_bits(t.dbias));
  };
  const oct_tensor* dresidual = p.residual ? &t.dresidual.view() : nullptr;
  Tensor over_dy(p.dtype, p.shape, p.dy.values()), over_y(p.dtype, p.shape, o.y.values());
  backward(o.y, over_dy, over_dy, dresidual);
  EXPECT_TRUE(o.dx.same_bits(over_dy)) << "dx over dy";
  EXPECT_TRUE(!p.residual || o.dresidual.same_bits(t.dresidual));
  if (p.relu) {
    backward(over_y, p.dy, over_y, dresidual);
    EXPECT_TRUE(o.dx.same_bits(over_y)) << "dx over y";
  }
  if (p.residual) {
    Tensor masked(p.dtype, p.shape, p.dy.values()), dx(p.dtype, p.shape);
    backward(o.y, masked, dx, masked);
    EXPECT_TRUE(o.dx.same_bits(dx) && o.dresidual.same_bits(masked)) << "dresidual over dy";
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, BatchNorm,
                         testing::Combine(testing::Values(OCT_F32, OCT_BF16), testing::Bool(), testing::Bool(),
                                          testing::ValuesIn(test::shape_lines("batch_norm", "test", 4))));

TEST(BatchNormRefuses, WhatDoesNotFit) {
  Context context(1);
  const Problem p(OCT_F32, {2, 2, 2, 3}, true, true);
  Outputs o(p);
  Workspace scratch(scratch_bytes(p.x));
  Tensor four(OCT_F32, {4}), bf16(OCT_BF16, {2, 2, 2, 3});
  const auto forward = [&](const oct_batch_norm* bn, const oct_tensor* x, const oct_tensor* weight, const oct_tensor* residual,
                           const oct_tensor* running_variance, const oct_tensor* y, size_t bytes,
                           std::initializer_list<const char*> parts) {
    expect_refused(OCT_INVALID_ARGUMENT,
                   oct_batch_norm_forward_training(context, bn, x, weight, p.bias, residual, o.running_mean, running_variance, o.mean,
                                                   o.rstd, y, scratch.data(), bytes),
                   parts);
  };
  const size_t bytes = scratch.bytes();
  oct_batch_norm bn = p.bn;
  bn.epsilon = 0;
  forward(&bn, p.x, p.weight, p.rest, o.running_variance, o.y, bytes, {"batch_norm_forward_training", "epsilon is 0", "> 0"});
  bn = p.bn;
  bn.momentum = 1.5f;
  forward(&bn, p.x, p.weight, p.rest, o.running_variance, o.y, bytes, {"momentum is 1.5", "[0,1]"});
  forward(nullptr, p.x, p.weight, p.rest, o.running_variance, o.y, bytes, {"parameters are null"});
  forward(&p.bn, p.x, four, p.rest, o.running_variance, o.y, bytes, {"weight has the shape [4]", "must be 3"});
  forward(&p.bn, p.x, p.weight, bf16, o.running_variance, o.y, bytes, {"residual is bf16", "x is f32"});
  forward(&p.bn, p.x, p.weight, p.rest, nullptr, o.y, bytes, {"running_variance is null", "both or none"});
  forward(&p.bn, p.x, p.weight, p.rest, o.running_mean, o.y, bytes, {"running_variance overlaps running_mean"});
  forward(&p.bn, p.x, p.weight, p.rest, o.running_variance, p.x, bytes, {"y overlaps x"});
  forward(&p.bn, p.x, p.weight, p.rest, o.running_variance, o.y, bytes - 1, {"workspace has"});
  oct_tensor one = p.x.view();
  one.shape[0] = one.shape[1] = one.shape[2] = 1;
  oct_tensor one_y = o.y.view();
  one_y.shape[0] = one_y.shape[1] = one_y.shape[2] = 1;
  forward(&p.bn, &one, p.weight, nullptr, o.running_variance, &one_y, bytes, {"N H W must be >= 2"});

  const auto backward = [&](const oct_batch_norm* b, const oct_tensor* y, const oct_tensor* dx, const oct_tensor* dresidual,
                            std::initializer_list<const char*> parts) {
    expect_refused(OCT_INVALID_ARGUMENT,
                   oct_batch_norm_backward_training(context, b, p.x, y, p.weight, o.mean, o.rstd, p.dy, dx, dresidual, o.dweight, o.dbias,
                                                    scratch.data(), bytes),
                   parts);
  };
  bn = p.bn;
  bn.relu = 0;
  backward(&p.bn, nullptr, o.dx, o.dresidual, {"batch_norm_backward_training", "y is null"});
  backward(&bn, o.y, o.dx, o.dresidual, {"y is given", "null without relu"});
  backward(&p.bn, o.y, p.x, o.dresidual, {"dx overlaps x"});
  backward(&p.bn, o.y, o.dx, o.dx, {"dresidual overlaps dx"});
  size_t needed = 0;
  expect_refused(OCT_INVALID_ARGUMENT, oct_batch_norm_workspace(context, four, &needed), {"batch_norm_workspace", "rank 1"});
  expect_refused(OCT_INVALID_ARGUMENT, oct_batch_norm_workspace(context, p.x, nullptr), {"null"});
}

}  // namespace
