#include "octothorpe/batch_norm.h"

#include <algorithm>

#include "support.h"

namespace {

using namespace oct::test;

constexpr double kUnit = 0x1p-24;

std::vector<double> widened(const std::vector<float>& values) { return {values.begin(), values.end()}; }

// Which streams share memory.
enum Alias { kApart, kInPlace, kResidualInPlace };

// The tensors of one layer, and what they must hold after each pass. Tolerances are those of tests/conformance/BatchNormTest.java.
class Layer {
 public:
  EmulatedDevice on;
  oct_batch_norm bn{1e-5f, 0.1f, 0};
  oct_dtype dtype;
  int64_t rows, channels;
  bool fused_residual;
  std::vector<float> input, rest, gradient, scale, shift, start_mean, start_variance;
  oct_tensor x, residual, dy, weight, bias, running_mean, running_variance, saved_mean, saved_rstd, y, dx, dresidual, dweight, dbias;
  void* workspace = nullptr;
  size_t workspace_bytes = 0;

  Layer(oct_dtype type, const std::vector<int64_t>& shape, bool relu, bool with_residual, double mean)
      : dtype(type), rows(shape[0] * shape[1] * shape[2]), channels(shape[3]), fused_residual(with_residual) {
    bn.relu = relu ? 1 : 0;
    const int64_t count = rows * channels;
    input = random_values(count, 1);
    for (float& value : input) value += static_cast<float>(mean);
    input = rounded(type, input);
    rest = rounded(type, random_values(count, 2));
    gradient = rounded(type, random_values(count, 3));
    scale = random_values(channels, 4, 2);
    shift = random_values(channels, 5);
    start_mean = random_values(channels, 6);
    start_variance = random_values(channels, 7);
    for (float& value : start_variance) value += 1.5f;
    x = on.of(type, shape, input);
    residual = on.of(type, shape, rest);
    dy = on.of(type, shape, gradient);
    weight = on.of(OCT_F32, {channels}, scale);
    bias = on.of(OCT_F32, {channels}, shift);
    running_mean = on.of(OCT_F32, {channels}, start_mean);
    running_variance = on.of(OCT_F32, {channels}, start_variance);
    saved_mean = on.empty(OCT_F32, {channels});
    saved_rstd = on.empty(OCT_F32, {channels});
    y = on.empty(type, shape);
    dx = on.empty(type, shape);
    dresidual = on.empty(type, shape);
    dweight = on.empty(OCT_F32, {channels});
    dbias = on.empty(OCT_F32, {channels});
    EXPECT_EQ(oct_batch_norm_workspace(on.context(), &x, &workspace_bytes), OCT_OK) << oct_last_error();
    workspace = on.workspace(workspace_bytes);
  }

  const oct_tensor* mask() const { return bn.relu != 0 ? &y : nullptr; }

  void forward(bool training, Alias alias = kApart) {
    const oct_tensor* rests = fused_residual ? &residual : nullptr;
    if (alias == kInPlace) y.data = x.data;
    if (alias == kResidualInPlace) y.data = residual.data;
    const oct_status status =
        training ? oct_batch_norm_forward_training(on.context(), &bn, &x, &weight, &bias, rests, &running_mean, &running_variance,
                                                   &saved_mean, &saved_rstd, &y, workspace, workspace_bytes)
                 : oct_batch_norm_forward_inference(on.context(), &bn, &x, &weight, &bias, rests, &running_mean, &running_variance, &y);
    ASSERT_EQ(status, OCT_OK) << oct_last_error();
    ASSERT_EQ(oct_context_synchronize(on.context()), OCT_OK) << oct_last_error();
  }

  void backward(bool training) {
    const oct_tensor* passed = fused_residual ? &dresidual : nullptr;
    const auto run = training ? oct_batch_norm_backward_training : oct_batch_norm_backward_inference;
    const oct_status status =
        run(on.context(), &bn, &x, mask(), &weight, training ? &saved_mean : &running_mean, training ? &saved_rstd : &running_variance, &dy,
            &dx, passed, &dweight, &dbias, workspace, workspace_bytes);
    ASSERT_EQ(status, OCT_OK) << oct_last_error();
    ASSERT_EQ(oct_context_synchronize(on.context()), OCT_OK) << oct_last_error();
  }

  // A bound of the relative error of F32 sums over the rows.
  double sum_error() const { return (static_cast<double>(std::min<int64_t>(rows, 1024)) + 6) * kUnit; }

  void expect_training() {
    const std::vector<double> means = widened(on.read(saved_mean)), rstds = widened(on.read(saved_rstd));
    const std::vector<double> new_mean = widened(on.read(running_mean)), new_variance = widened(on.read(running_variance));
    const double count = static_cast<double>(rows), take = static_cast<double>(bn.momentum);
    std::vector<double> exact_mean, exact_rstd, mean_errors, rstd_errors;
    for (size_t c = 0; c < means.size(); ++c) {
      double mean = 0, variance = 0, deviation = 0;
      for (size_t i = c; i < input.size(); i += means.size()) mean += static_cast<double>(input[i]) / count;
      for (size_t i = c; i < input.size(); i += means.size()) {
        const double off = static_cast<double>(input[i]) - mean;
        variance += off * off / count;
        deviation += std::fabs(off) / count;
      }
      const double mean_error = 3 * kUnit * std::fabs(mean) + sum_error() * deviation;
      const double spread = variance + static_cast<double>(bn.epsilon);
      const double variance_error = sum_error() + mean_error * mean_error / spread;
      const double rstd = 1 / std::sqrt(spread), rstd_error = variance_error / 2 + kUnit;
      expect_near("mean", c, mean, means[c], mean_error);
      expect_near("rstd", c, rstd, rstds[c], rstd * rstd_error);
      const double next_mean = (1 - take) * static_cast<double>(start_mean[c]) + take * mean;
      const double next_variance = (1 - take) * static_cast<double>(start_variance[c]) + take * variance * count / (count - 1);
      expect_near("running mean", c, next_mean, new_mean[c], take * mean_error + kUnit * std::fabs(next_mean));
      expect_near("running variance", c, next_variance, new_variance[c], 2 * take * variance_error * spread + kUnit * next_variance);
      exact_mean.push_back(mean);
      exact_rstd.push_back(rstd);
      mean_errors.push_back(mean_error);
      rstd_errors.push_back(rstd_error);
    }
    expect_output(exact_mean, exact_rstd, mean_errors, rstd_errors);
  }

  void expect_output(const std::vector<double>& mean, const std::vector<double>& rstd, const std::vector<double>& mean_error,
                     const std::vector<double>& rstd_error) {
    const std::vector<double> actual = widened(on.read(y));
    for (size_t i = 0; i < actual.size(); ++i) {
      const size_t c = i % mean.size();
      const double w = static_cast<double>(scale[c]), b = static_cast<double>(shift[c]);
      const double normal = (static_cast<double>(input[i]) - mean[c]) * rstd[c] * w;
      const double add = fused_residual ? static_cast<double>(rest[i]) : 0;
      const double sum = normal + b + add, expected = bn.relu != 0 ? std::max(sum, 0.0) : sum;
      const double tolerance = std::fabs(w) * rstd[c] * mean_error[c] + std::fabs(normal) * (rstd_error[c] + 4 * kUnit) +
                               2 * kUnit * (std::fabs(normal) + std::fabs(b) + std::fabs(add)) +
                               1.01 * rounding(dtype) * std::fabs(expected);
      expect_near("y", i, expected, actual[i], tolerance);
    }
  }

  void expect_gradients(const std::vector<double>& mean, const std::vector<double>& rstd, bool constant) {
    const std::vector<double> output = widened(on.read(y)), actual = widened(on.read(dx));
    const std::vector<double> passed = fused_residual ? widened(on.read(dresidual)) : output;
    const std::vector<double> weights = widened(on.read(dweight)), biases = widened(on.read(dbias));
    const double count = static_cast<double>(rows);
    for (size_t c = 0; c < mean.size(); ++c) {
      double sum = 0, sum_size = 0, dot = 0, dot_size = 0;
      const auto masked = [&](size_t i) { return bn.relu != 0 && !(output[i] > 0) ? 0 : static_cast<double>(gradient[i]); };
      const auto normal = [&](size_t i) { return (static_cast<double>(input[i]) - mean[c]) * rstd[c]; };
      for (size_t i = c; i < actual.size(); i += mean.size()) {
        sum += masked(i);
        sum_size += std::fabs(masked(i));
        dot += masked(i) * normal(i);
        dot_size += std::fabs(masked(i) * normal(i));
      }
      expect_near("dbias", c, sum, biases[c], sum_error() * sum_size);
      expect_near("dweight", c, dot, weights[c], (sum_error() + 3 * kUnit) * dot_size);
      const double by = static_cast<double>(scale[c]) * rstd[c];
      for (size_t i = c; i < actual.size(); i += mean.size()) {
        const double expected = constant ? by * masked(i) : by * (masked(i) - sum / count - normal(i) * dot / count);
        const double sums = constant ? 0 : (sum_size + std::fabs(normal(i)) * dot_size) / count;
        const double tolerance =
            std::fabs(by) * (sum_error() * sums + 8 * kUnit * (std::fabs(masked(i)) + sums)) + 1.01 * rounding(dtype) * std::fabs(expected);
        expect_near("dx", i, expected, actual[i], tolerance);
        if (fused_residual) expect_near("dresidual", i, masked(i), passed[i], 0);
      }
    }
  }
};

class BatchNorm : public testing::TestWithParam<std::tuple<oct_dtype, int>> {
 protected:
  oct_dtype dtype() const { return std::get<0>(GetParam()); }
  bool relu() const { return (std::get<1>(GetParam()) & 1) != 0; }
  bool residual() const { return (std::get<1>(GetParam()) & 2) != 0; }
};

TEST_P(BatchNorm, TrainingMatchesDouble) {
  for (const std::vector<int64_t>& shape : shapes("batch_norm", "test")) {
    SCOPED_TRACE(testing::Message() << shape[0] << "x" << shape[1] << "x" << shape[2] << "x" << shape[3]);
    for (const double mean : {0.0, 100.0}) {
      Layer layer(dtype(), shape, relu(), residual(), mean);
      layer.forward(true);
      layer.backward(true);
      layer.expect_training();
      layer.expect_gradients(widened(layer.on.read(layer.saved_mean)), widened(layer.on.read(layer.saved_rstd)), false);
    }
  }
}

TEST_P(BatchNorm, InferenceMatchesDouble) {
  for (const std::vector<int64_t>& shape : shapes("batch_norm", "test")) {
    SCOPED_TRACE(testing::Message() << shape[0] << "x" << shape[1] << "x" << shape[2] << "x" << shape[3]);
    Layer layer(dtype(), shape, relu(), residual(), 0);
    layer.forward(false);
    layer.backward(false);
    EXPECT_EQ(layer.on.read(layer.running_mean), layer.start_mean);
    EXPECT_EQ(layer.on.read(layer.running_variance), layer.start_variance);
    const std::vector<double> mean = widened(layer.start_mean);
    std::vector<double> rstd = widened(layer.start_variance);
    for (double& value : rstd) value = 1 / std::sqrt(value + static_cast<double>(layer.bn.epsilon));
    layer.expect_output(mean, rstd, std::vector<double>(mean.size(), 0.0), std::vector<double>(mean.size(), kUnit));
    layer.expect_gradients(mean, rstd, true);
  }
}

// Sharing memory changes no bit.
TEST_P(BatchNorm, WorksInPlace) {
  const std::vector<int64_t> shape = {2, 7, 9, dtype() == OCT_F32 ? 20 : 24};
  for (const bool training : {true, false}) {
    Layer apart(dtype(), shape, relu(), residual(), 1);
    apart.forward(training);
    apart.backward(training);
    const std::vector<uint8_t> output = apart.on.read_bytes(apart.y), gradient = apart.on.read_bytes(apart.dx);
    if (residual()) {
      Layer layer(dtype(), shape, relu(), true, 1);
      layer.forward(training, kResidualInPlace);
      EXPECT_EQ(layer.on.read_bytes(layer.y), output);
    }
    if (!training) {
      Layer layer(dtype(), shape, relu(), residual(), 1);
      layer.forward(false, kInPlace);
      EXPECT_EQ(layer.on.read_bytes(layer.y), output);
    }
    for (const int into : {0, 1, 2}) {  // dx in dy, dx in y, dresidual in dy
      Layer layer(dtype(), shape, relu(), residual(), 1);
      layer.forward(training);
      if (into == 0) layer.dx.data = layer.dy.data;
      if (into == 1) layer.dx.data = layer.y.data;
      if (into == 2) layer.dresidual.data = layer.dy.data;
      layer.backward(training);
      EXPECT_EQ(layer.on.read_bytes(layer.dx), gradient) << into;
      if (residual()) {
        EXPECT_EQ(layer.on.read_bytes(layer.dresidual), apart.on.read_bytes(apart.dresidual)) << into;
      }
      EXPECT_EQ(layer.on.read_bytes(layer.dweight), apart.on.read_bytes(apart.dweight)) << into;
    }
  }
}

TEST_P(BatchNorm, RunsTwiceToTheSameBits) {
  const std::vector<int64_t> shape = {2, 17, 19, 40};
  std::vector<std::vector<uint8_t>> first;
  for (int run = 0; run < 2; ++run) {
    Layer layer(dtype(), shape, relu(), residual(), 3);
    layer.forward(true);
    layer.backward(true);
    std::vector<std::vector<uint8_t>> bytes;
    for (const oct_tensor& tensor : {layer.y, layer.dx, layer.dweight, layer.dbias, layer.running_variance}) {
      bytes.push_back(layer.on.read_bytes(tensor));
    }
    if (run == 0) first = bytes;
    EXPECT_EQ(bytes, first);
  }
}

INSTANTIATE_TEST_SUITE_P(TypesAndFusions, BatchNorm, testing::Combine(testing::Values(OCT_F32, OCT_BF16), testing::Values(0, 1, 2, 3)));

// Tensors of activations that do not begin at multiples of 16 bytes take narrow accesses.
TEST(BatchNorm, TakesTensorsThatAreNotAligned) {
  const std::vector<int64_t> shape = {2, 5, 3, 16};
  Layer layer(OCT_BF16, shape, true, true, 0);
  for (oct_tensor* tensor : {&layer.x, &layer.residual, &layer.y, &layer.dy, &layer.dx, &layer.dresidual}) {
    *tensor = layer.on.empty(OCT_BF16, {2, 5, 4, 16});
    tensor->data = static_cast<char*>(tensor->data) + 2;
    for (int32_t axis = 0; axis < 4; ++axis) tensor->shape[axis] = shape[static_cast<size_t>(axis)];
    tensor->stride[0] = 240;
    tensor->stride[1] = 48;
  }
  layer.on.write(layer.x, layer.input);
  layer.on.write(layer.residual, layer.rest);
  layer.on.write(layer.dy, layer.gradient);
  layer.forward(true);
  layer.backward(true);
  layer.expect_training();
  layer.expect_gradients(widened(layer.on.read(layer.saved_mean)), widened(layer.on.read(layer.saved_rstd)), false);
}

// An outlier in the first row, which sums are shifted by: the variance must not drown in it.
TEST(BatchNorm, KeepsTheVarianceBesideAnOutlier) {
  Layer layer(OCT_F32, {3, 31, 29, 8}, false, false, 1000);
  for (size_t c = 0; c < 8; ++c) layer.input[c] = 5e4f;
  layer.on.write(layer.x, layer.input);
  layer.forward(true);
  layer.expect_training();
}

}  // namespace
