// Geometry of the grouped convolution's passes. Forward and backward_data are both correlations of an "in" tensor with taps; the data
// gradient of a strided convolution splits into stride_h x stride_w phases of its output, each a correlation of stride 1 with every
// stride-th tap, so nothing is scattered and no zero is multiplied.
#pragma once
#include "../integers.h"
#include "../isa.h"
#include "../simd.h"
#include "octothorpe/grouped_conv.h"

OCT_KERNEL_BEGIN

/// A number as a type, for templates chosen at run time.
template <int Value>
struct Constant {
  static constexpr int kValue = Value;
};

/// One axis of a correlation: output i is stored at out_first + i out_step; its tap t reads input i in_step + first + t delta and the
/// weight at weight_first + t weight_step.
struct Axis {
  int64_t count, out_first, out_step, in_step, taps, first, delta, weight_first, weight_step;

  int64_t begin() const { return first; }
  /// One past the last input that `outputs` outputs read.
  int64_t end(int64_t outputs) const { return (outputs - 1) * in_step + first + (taps - 1) * delta + 1; }
};

static inline Axis forward_axis(int64_t outputs, int64_t taps, int64_t stride, int64_t padding, int64_t dilation) {
  return {outputs, 0, 1, stride, taps, -padding, dilation, 0, 1};
}

/// Gradient positions phase, phase + stride, ... of `extent`. Tap r contributes where (position + padding - r dilation) is divisible by
/// stride: every (stride / gcd)-th r. Taps are stored last first, in the packed weights too, so that input addresses ascend.
static inline Axis gradient_axis(int64_t extent, int64_t taps, int64_t stride, int64_t padding, int64_t dilation, int64_t phase) {
  int64_t gcd = stride;
  for (int64_t b = dilation; b != 0;) {
    const int64_t rest = gcd % b;
    gcd = b;
    b = rest;
  }
  const int64_t period = stride / gcd;
  Axis axis{phase < extent ? ceil_div(extent - phase, stride) : 0, phase, stride, 1, 0, 0, dilation / gcd, 0, period};
  for (int64_t r = 0; r < min_of(period, taps); ++r) {
    if ((phase + padding - r * dilation) % stride != 0) continue;
    axis.taps = ceil_div(taps - r, period);
    const int64_t last = r + (axis.taps - 1) * period;
    axis.weight_first = taps - 1 - last;
    axis.first = (phase + padding - last * dilation) / stride;
  }
  return axis;
}

/// Range [begin, end) of input positions, empty if no tap falls anywhere.
struct Range {
  int64_t begin, end;
  int64_t size() const { return max_of(end - begin, 0); }
};

/// The channels of a pass, cut into planes: input channels that are copied together and the output channels computed from them.
/// Packed groups: C/G = K/G is a power of two below the channels of a register of words (16, or 32 where words are pairs), so that a
/// register holds several whole groups, and a plane is a register of words. Otherwise a plane is one group, and its outputs fill
/// ceil(K/G / kLanes) registers, the last one in part.
struct Planes {
  bool packed;
  int64_t in_channels, out_channels;  ///< of the tensors
  int64_t in_group, out_group;        ///< of one group
  int64_t plane_channels;             ///< packed groups: channels of a plane, fewer in the last one
  int64_t count;                      ///< planes in all
  int64_t lane_blocks;                ///< registers of outputs a plane

  /// A word of a packed plane holds `word_channels` channels.
  Planes(int64_t in, int64_t out, int64_t groups, int64_t word_channels)
      : packed(in == out && in / groups < kLanes * word_channels && kLanes * word_channels % (in / groups) == 0),
        in_channels(in),
        out_channels(out),
        in_group(in / groups),
        out_group(out / groups),
        plane_channels(kLanes * word_channels),
        count(packed ? ceil_div(in, plane_channels) : groups),
        lane_blocks(packed ? word_channels : ceil_div(out_group, kLanes)) {}

  int64_t in_first(int64_t plane) const { return plane * (packed ? plane_channels : in_group); }
  int64_t in_size(int64_t plane) const { return packed ? min_of(plane_channels, in_channels - plane * plane_channels) : in_group; }
  int64_t out_first(int64_t plane, int64_t block) const { return plane * (packed ? plane_channels : out_group) + block * kLanes; }
  /// Output channels in register `block` of `plane`: kLanes, or fewer (also none) in the last one.
  int64_t out_size(int64_t plane, int64_t block) const {
    const int64_t left = packed ? out_channels - plane * plane_channels : out_group;
    return max_of(min_of(kLanes, left - block * kLanes), 0);
  }
};

/// Whether a convolution is the matrix product of linear, with one row per pixel: dense, 1x1, of stride 1.
static inline bool is_product(const oct_conv& conv, const oct_tensor& weight) {
  return conv.groups == 1 && weight.shape[1] == 1 && weight.shape[2] == 1 && conv.stride_h == 1 && conv.stride_w == 1 &&
         conv.padding_h == 0 && conv.padding_w == 0;
}

/// Bytes of an image part that is copied at once: it shares the L2 cache (1 MB on the processors that matter) with weights and outputs.
constexpr int64_t kStripBytes = 384 * 1024;
/// Planes that are copied together: their channels are neighbors, so whole cache lines and runs of them are read.
constexpr int64_t kPlanesTogether = 4;

OCT_KERNEL_END
