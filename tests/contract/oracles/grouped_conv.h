// Oracle of grouped_conv: plain loops in double precision. Tensors are NHWC and KRSC on the host, values what the type keeps of them.
#pragma once
#include <algorithm>

#include "../support/conv_shape.h"
#include "sums.h"

namespace oct::test {

/// Calls body(index of x, of weight, of y) for every product of the convolution.
template <class Body>
void each_product(const ConvShape& l, Body&& body) {
  const oct_conv& conv = l.conv;
  const int64_t channels = l.c / conv.groups, filters = l.k / conv.groups, rows = l.p(), columns = l.q();
  for (int64_t n = 0; n < l.n; ++n)
    for (int64_t p = 0; p < rows; ++p)
      for (int64_t q = 0; q < columns; ++q)
        for (int64_t r = 0; r < l.r; ++r)
          for (int64_t s = 0; s < l.s; ++s) {
            const int64_t h = p * conv.stride_h - conv.padding_h + r * conv.dilation_h;
            const int64_t w = q * conv.stride_w - conv.padding_w + s * conv.dilation_w;
            if (h < 0 || h >= l.h || w < 0 || w >= l.w) continue;
            for (int64_t k = 0; k < l.k; ++k) {
              const auto y = static_cast<size_t>(((n * rows + p) * columns + q) * l.k + k);
              const auto x = static_cast<size_t>(((n * l.h + h) * l.w + w) * l.c + k / filters * channels);
              const auto weight = static_cast<size_t>(((k * l.r + r) * l.s + s) * channels);
              for (size_t c = 0; c < static_cast<size_t>(channels); ++c) body(x + c, weight + c, y);
            }
          }
}

/// y; an empty bias is absent.
inline Sums conv_forward(const ConvShape& l, const std::vector<float>& x, const std::vector<float>& weight,
                         const std::vector<float>& bias) {
  Sums sums(product(l.y()));
  for (size_t i = 0; !bias.empty() && i < sums.value.size(); ++i) sums.add(i, static_cast<double>(bias[i % bias.size()]));
  each_product(l, [&](size_t ix, size_t iw, size_t iy) { sums.add(iy, static_cast<double>(x[ix]) * static_cast<double>(weight[iw])); });
  return sums;
}

/// dx.
inline Sums conv_backward_data(const ConvShape& l, const std::vector<float>& dy, const std::vector<float>& weight) {
  Sums sums(product(l.x()));
  each_product(l, [&](size_t ix, size_t iw, size_t iy) { sums.add(ix, static_cast<double>(dy[iy]) * static_cast<double>(weight[iw])); });
  return sums;
}

/// dweight.
inline Sums conv_backward_weight(const ConvShape& l, const std::vector<float>& x, const std::vector<float>& dy) {
  Sums sums(product(l.weight()));
  each_product(l, [&](size_t ix, size_t iw, size_t iy) { sums.add(iw, static_cast<double>(x[ix]) * static_cast<double>(dy[iy])); });
  return sums;
}

/// dbias.
inline Sums conv_backward_bias(const ConvShape& l, const std::vector<float>& dy) {
  Sums sums(l.k);
  for (size_t i = 0; i < dy.size(); ++i) sums.add(i % static_cast<size_t>(l.k), static_cast<double>(dy[i]));
  return sums;
}

/// What the prologue of forward_fused makes of x: one fused multiplication and addition, rounded to x's type.
inline std::vector<float> conv_prologue(oct_dtype dtype, std::vector<float> x, const std::vector<float>& scale,
                                        const std::vector<float>& shift, bool relu) {
  for (size_t i = 0; i < x.size(); ++i) {
    x[i] = std::fma(x[i], scale[i % scale.size()], shift[i % scale.size()]);
    if (relu) x[i] = std::max(x[i], 0.0f);
  }
  return rounded(dtype, std::move(x));
}

/// Moments of y [pixels, channels] as it was stored. Chains of sums are at most 128 long (32 rows of a thread, 4 quarters, a 32nd of the
/// tiles, 32 parts) in the 1x1 kernels, and n + 8 in the others, of distances from some value of the channel; a tile's mean is rounded at
/// the size of the mean, which the squares of distances see.
inline void expect_moments(const std::string& what, const std::vector<float>& y, const std::vector<float>& mean,
                           const std::vector<float>& variance) {
  const size_t channels = mean.size(), pixels = y.size() / channels;
  for (size_t k = 0; k < channels; ++k) {
    double sum = 0, squares = 0, largest = 0, least = static_cast<double>(y[k]), most = least;
    for (size_t i = 0; i < pixels; ++i) {
      const auto value = static_cast<double>(y[i * channels + k]);
      sum += value;
      least = std::min(least, value);
      most = std::max(most, value);
    }
    const double center = sum / static_cast<double>(pixels), range = most - least;
    for (size_t i = 0; i < pixels; ++i) {
      const double distance = static_cast<double>(y[i * channels + k]) - center;
      squares += distance * distance;
      largest = std::max(largest, std::fabs(distance));
    }
    const double spread = squares / static_cast<double>(pixels), deviation = std::sqrt(spread);
    const bool tiles = what.rfind("conv_1x1", 0) == 0;
    const double chain = (static_cast<double>(pixels) + 8) * kUnit, rounded_mean = 4 * kUnit * std::fabs(center);
    expect_near(what + " mean", k, center, static_cast<double>(mean[k]),
                tiles ? rounded_mean + 256 * kUnit * largest : kUnit * std::fabs(center) + chain * range + 0x1p-149);
    expect_near(what + " variance", k, spread, static_cast<double>(variance[k]),
                tiles ? 300 * kUnit * (spread + largest * deviation) + 4 * rounded_mean * deviation + 4 * rounded_mean * rounded_mean
                      : chain * range * range + 0x1p-149);
  }
}

}  // namespace oct::test
