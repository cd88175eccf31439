// What a pass of a grouped convolution is asked, and the variants of each pass.
#pragma once
#include <span>

#include "variant.h"

namespace oct::cuda {

// The operands of any pass, by their places: x and y stand for dx and dy, weight and bias for dweight and dbias where a pass writes those.
// Only shapes and types count while the workspace is asked for: data are null then, and so may be every tensor but x, weight and y.
struct ConvProblem {
  const oct_grouped_conv* conv = nullptr;
  const oct_tensor* x = nullptr;       // [N,H,W,C]
  const oct_tensor* weight = nullptr;  // [K,R,S,C/G]
  const oct_tensor* bias = nullptr;    // f32 [K], or null
  const oct_tensor* y = nullptr;       // [N,P,Q,K]
  // Of forward_fused alone.
  const oct_tensor* input_scale = nullptr;  // f32 [C], both or neither
  const oct_tensor* input_shift = nullptr;
  int32_t input_relu = 0;
  const oct_tensor* y_mean = nullptr;  // f32 [K], both or neither
  const oct_tensor* y_variance = nullptr;
};

std::span<const Variant<ConvProblem>> grouped_conv_backward_weight_variants();
std::span<const Variant<ConvProblem>> conv_1x1_forward_variants();
std::span<const Variant<ConvProblem>> conv_1x1_backward_data_variants();

}  // namespace oct::cuda
