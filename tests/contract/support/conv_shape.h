// The shape of one convolution: the extents of its tensors and its geometry. For tests, benchmarks and oracles.
#pragma once
#include <string>
#include <vector>

#include "octothorpe/grouped_conv.h"

namespace oct {

struct ConvShape {
  int64_t n, h, w, c, k, r, s;
  oct_conv conv;

  /// A line of tests/shapes/grouped_conv.txt: N H W C K G R S stride h w, padding h w, dilation h w.
  static ConvShape of(const std::vector<int64_t>& v) {
    return {v[0], v[1], v[2], v[3], v[4], v[6], v[7], {v[5], v[8], v[9], v[10], v[11], v[12], v[13]}};
  }
  /// A line of tests/shapes/dense_conv.txt: N H W C K R S stride padding.
  static ConvShape of_dense(const std::vector<int64_t>& v) {
    return {v[0], v[1], v[2], v[3], v[4], v[5], v[6], {1, v[7], v[7], v[8], v[8], 1, 1}};
  }
  /// 3x3, the same stride and padding both ways.
  static ConvShape square(int64_t n, int64_t h, int64_t w, int64_t c, int64_t k, int64_t groups, int64_t stride, int64_t padding = 1) {
    return {n, h, w, c, k, 3, 3, {groups, stride, stride, padding, padding, 1, 1}};
  }
  /// 1x1 of one group.
  static ConvShape pointwise(int64_t n, int64_t h, int64_t w, int64_t c, int64_t k, int64_t stride = 1, int64_t padding = 0) {
    return {n, h, w, c, k, 1, 1, {1, stride, stride, padding, padding, 1, 1}};
  }

  int64_t p() const { return (h + 2 * conv.padding_h - conv.dilation_h * (r - 1) - 1) / conv.stride_h + 1; }
  int64_t q() const { return (w + 2 * conv.padding_w - conv.dilation_w * (s - 1) - 1) / conv.stride_w + 1; }
  std::vector<int64_t> x() const { return {n, h, w, c}; }
  std::vector<int64_t> weight() const { return {k, r, s, c / conv.groups}; }
  std::vector<int64_t> y() const { return {n, p(), q(), k}; }
  /// Products of one output, without padding.
  int64_t terms() const { return r * s * c / conv.groups; }

  /// "N1 56x56 C256 K256 G32 3x3 s1 p1", with both numbers where rows and columns differ.
  std::string text() const {
    const auto pair = [](int64_t a, int64_t b) { return std::to_string(a) + (a == b ? "" : "," + std::to_string(b)); };
    return "N" + std::to_string(n) + " " + std::to_string(h) + "x" + std::to_string(w) + " C" + std::to_string(c) + " K" +
           std::to_string(k) + " G" + std::to_string(conv.groups) + " " + std::to_string(r) + "x" + std::to_string(s) + " s" +
           pair(conv.stride_h, conv.stride_w) + " p" + pair(conv.padding_h, conv.padding_w) +
           (conv.dilation_h * conv.dilation_w == 1 ? "" : " d" + pair(conv.dilation_h, conv.dilation_w));
  }
};

}  // namespace oct
