// What a pass of a convolution is asked.
#pragma once
#include "octothorpe/grouped_conv.h"
#include "runtime/tensors.h"

namespace oct::cuda {

// Extents of x [n,h,w,c], y [n,p,q,k] and weight [k,r,s,channels], and the geometry. `channels` and `filters` are those of one group, of x
// and of y.
struct ConvExtents {
  int64_t n, h, w, c, p, q, k, r, s, groups, channels, filters;
  int64_t stride_h, stride_w, padding_h, padding_w, dilation_h, dilation_w;
};

// The operands of any pass, by their places: x and y stand for dx and dy, weight and bias for dweight and dbias where a pass writes those.
// Absent ones are null.
struct ConvProblem : ConvExtents {
  const oct_tensor* x;       // [N,H,W,C]
  const oct_tensor* weight;  // [K,R,S,C/G]
  const oct_tensor* bias;    // f32 [K]
  const oct_tensor* y;       // [N,P,Q,K]
  oct_dtype dtype;           // of x and y
  // Only of forward_fused.
  const oct_tensor* input_scale = nullptr;  // f32 [C], both or neither
  const oct_tensor* input_shift = nullptr;
  int32_t input_relu = 0;
  const oct_tensor* y_mean = nullptr;  // f32 [K], both or neither
  const oct_tensor* y_variance = nullptr;

  ConvProblem(const oct_conv& conv, const oct_tensor& x_, const oct_tensor& weight_, const oct_tensor* bias_, const oct_tensor& y_)
      : ConvExtents{x_.shape[0],   x_.shape[1],      x_.shape[2],      x_.shape[3],    y_.shape[1],      y_.shape[2],
                    y_.shape[3],   weight_.shape[1], weight_.shape[2], conv.groups,    weight_.shape[3], y_.shape[3] / conv.groups,
                    conv.stride_h, conv.stride_w,    conv.padding_h,   conv.padding_w, conv.dilation_h,  conv.dilation_w},
        x(&x_),
        weight(&weight_),
        bias(bias_),
        y(&y_),
        dtype(x_.dtype) {}

  bool fused() const { return input_scale != nullptr || y_mean != nullptr; }
  // x and y, and what of the prologue is read 16 bytes at a time.
  bool aligned_images() const { return aligned({data<void>(x), data<void>(y)}); }
  bool aligned_prologue() const { return aligned({data<void>(input_scale), data<void>(input_shift)}); }
  bool aligned_weight() const { return aligned({data<void>(weight)}); }
};

}  // namespace oct::cuda
