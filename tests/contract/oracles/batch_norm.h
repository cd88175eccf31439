// Oracle of batch_norm: both forward and both backward passes in double precision, with bounds of what F32 makes of them.
#pragma once
#include <algorithm>

#include "../support/expect.h"
#include "octothorpe/batch_norm.h"

namespace oct::test {

/// Inputs on the host, values what the type keeps of them.
struct NormInputs {
  oct_dtype dtype;
  std::vector<int64_t> shape;
  bool with_residual;
  oct_batch_norm norm;
  int64_t rows, channels;
  std::vector<float> x, residual, dy, weight, bias, running_mean, running_variance;

  /// `mean` is added to x: far above the deviation it shows cancellation.
  NormInputs(oct_dtype type, const std::vector<int64_t>& x_shape, bool relu, bool residual_too, float mean = 0)
      : dtype(type),
        shape(x_shape),
        with_residual(residual_too),
        norm{1e-5f, 0.1f, relu ? 1 : 0},
        rows(shape[0] * shape[1] * shape[2]),
        channels(shape[3]),
        x(rounded(type, random_values(rows * channels, 1, mean - 1, mean + 1))),
        residual(rounded(type, random_values(rows * channels, 2))),
        dy(rounded(type, random_values(rows * channels, 3))),
        weight(random_values(channels, 4, -2, 2)),
        bias(random_values(channels, 5)),
        running_mean(random_values(channels, 6)),
        running_variance(random_values(channels, 7, 0.5f, 2)) {}

  /// Bounds the relative error of sums over the rows: a chunk has at most 1,024 of them and two partial additions per pair of rows; chunks
  /// are merged in double precision or pairwise.
  double sum_error() const { return (static_cast<double>(std::min<int64_t>(rows, 1024)) + 6) * kUnit; }
  double rounds() const { return 1.01 * rounding(dtype); }
};

/// Statistics that a pass went by, per channel, each with its own error: of the mean absolute, of rstd relative.
struct NormStatistics {
  std::vector<double> mean, rstd, mean_error, rstd_error;
};

/// Outputs on the host; those of a pass that did not run are empty.
struct NormOutputs {
  std::vector<float> y, saved_mean, saved_rstd, running_mean, running_variance, dx, dresidual, dweight, dbias;
  bool operator==(const NormOutputs&) const = default;
};

/// Mean and biased variance over the rows in double precision; checks the saved and the running statistics by them.
inline NormStatistics expect_statistics(const NormInputs& in, const NormOutputs& out) {
  NormStatistics exact;
  const auto count = static_cast<double>(in.rows), take = static_cast<double>(in.norm.momentum);
  for (int64_t c = 0; c < in.channels; ++c) {
    double mean = 0, variance = 0, deviation = 0;
    for (int64_t r = 0; r < in.rows; ++r) mean += at(in.x, r * in.channels + c) / count;
    for (int64_t r = 0; r < in.rows; ++r) {
      const double off = at(in.x, r * in.channels + c) - mean;
      variance += off * off / count;
      deviation += std::fabs(off) / count;
    }
    // The mean of a chunk is corrected by the mean of its residues, so what is left is rounding it once more, and theirs.
    const double mean_error = 3 * kUnit * std::fabs(mean) + in.sum_error() * deviation;
    // A relative error of the variance counts half in 1 / sqrt; the error of the mean enters squared.
    const double spread = variance + static_cast<double>(in.norm.epsilon);
    const double variance_error = in.sum_error() + mean_error * mean_error / spread;
    const double rstd = 1 / std::sqrt(spread), rstd_error = variance_error / 2 + kUnit;
    const auto index = static_cast<size_t>(c);
    expect_near("saved_mean", index, mean, at(out.saved_mean, c), mean_error);
    expect_near("saved_rstd", index, rstd, at(out.saved_rstd, c), rstd * rstd_error);
    const double next_mean = (1 - take) * at(in.running_mean, c) + take * mean;
    const double next_variance = (1 - take) * at(in.running_variance, c) + take * variance * count / (count - 1);
    expect_near("running_mean", index, next_mean, at(out.running_mean, c), take * mean_error + kUnit * std::fabs(next_mean));
    expect_near("running_variance", index, next_variance, at(out.running_variance, c),
                2 * take * variance_error * spread + kUnit * next_variance);
    exact.mean.push_back(mean);
    exact.rstd.push_back(rstd);
    exact.mean_error.push_back(mean_error);
    exact.rstd_error.push_back(rstd_error);
  }
  return exact;
}

/// The running statistics, which an inference pass goes by.
inline NormStatistics running_statistics(const NormInputs& in) {
  NormStatistics exact{{in.running_mean.begin(), in.running_mean.end()}, {}, std::vector<double>(in.running_mean.size()), {}};
  for (const float variance : in.running_variance) {
    exact.rstd.push_back(1 / std::sqrt(static_cast<double>(variance) + static_cast<double>(in.norm.epsilon)));
  }
  exact.rstd_error.assign(exact.rstd.size(), kUnit);
  return exact;
}

inline void expect_normalized(const NormInputs& in, const NormStatistics& by, const std::vector<float>& y) {
  for (int64_t i = 0; i < in.rows * in.channels; ++i) {
    const auto c = static_cast<size_t>(i % in.channels);
    const double w = static_cast<double>(in.weight[c]), b = static_cast<double>(in.bias[c]);
    const double normal = (at(in.x, i) - by.mean[c]) * by.rstd[c] * w, rest = in.with_residual ? at(in.residual, i) : 0;
    const double sum = normal + b + rest, expected = in.norm.relu != 0 ? std::max(sum, 0.0) : sum;
    // Difference, scale (2), product and two sums round by 2^-24 of what they give; then one rounding to the type.
    const double tolerance = std::fabs(w) * by.rstd[c] * by.mean_error[c] + std::fabs(normal) * (by.rstd_error[c] + 4 * kUnit) +
                             2 * kUnit * (std::fabs(normal) + std::fabs(b) + std::fabs(rest)) + in.rounds() * std::fabs(expected);
    expect_near("y", static_cast<size_t>(i), expected, at(y, i), tolerance);
  }
}

/// Gradients by these statistics; the mask is the device's own y > 0. With `constant` statistics dx is only scaled.
inline void expect_norm_gradients(const NormInputs& in, const NormOutputs& out, const NormStatistics& by, bool constant) {
  const auto count = static_cast<double>(in.rows);
  for (int64_t c = 0; c < in.channels; ++c) {
    const auto index = static_cast<size_t>(c);
    const auto masked = [&](int64_t i) { return in.norm.relu != 0 && !(at(out.y, i) > 0) ? 0.0 : at(in.dy, i); };
    const auto normal = [&](int64_t i) { return (at(in.x, i) - by.mean[index]) * by.rstd[index]; };
    double sum = 0, sum_size = 0, dot = 0, dot_size = 0;
    for (int64_t i = c; i < in.rows * in.channels; i += in.channels) {
      sum += masked(i);
      sum_size += std::fabs(masked(i));
      dot += masked(i) * normal(i);
      dot_size += std::fabs(masked(i) * normal(i));
    }
    expect_near("dbias", index, sum, at(out.dbias, c), in.sum_error() * sum_size);
    expect_near("dweight", index, dot, at(out.dweight, c), (in.sum_error() + 3 * kUnit) * dot_size);
    const double by_weight = at(in.weight, c) * by.rstd[index];
    for (int64_t i = c; i < in.rows * in.channels; i += in.channels) {
      const double expected = by_weight * (constant ? masked(i) : masked(i) - sum / count - normal(i) * dot / count);
      // The sums carry their own errors; the rest is at most eight roundings of the terms' sizes.
      const double sums = constant ? 0 : (sum_size + std::fabs(normal(i)) * dot_size) / count;
      const double tolerance =
          std::fabs(by_weight) * (in.sum_error() * sums + 8 * kUnit * (std::fabs(masked(i)) + sums)) + in.rounds() * std::fabs(expected);
      expect_near("dx", static_cast<size_t>(i), expected, at(out.dx, i), tolerance);
      if (in.with_residual) expect_near("dresidual", static_cast<size_t>(i), masked(i), at(out.dresidual, i), 0);
    }
  }
}

}  // namespace oct::test
