// 2-D convolution for any number of groups: with groups > 1, the cardinality of ResNeXt, channel block g of y sees only channel block g
// of x.
#pragma once
#include "call.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Geometry. C and K are divisible by groups. P = (H + 2 padding_h - dilation_h (R - 1) - 1) / stride_h + 1, Q alike.
typedef struct oct_conv {
  int64_t groups;                  ///< >= 1
  int64_t stride_h, stride_w;      ///< >= 1
  int64_t padding_h, padding_w;    ///< >= 0
  int64_t dilation_h, dilation_w;  ///< >= 1
} oct_conv;

/// y = x * weight + bias. x, weight, y share a type, F32 or BF16; sums are F32. y aliases nothing.
typedef struct oct_grouped_conv_forward_args {
  oct_tensor x;       ///< [N,H,W,C]
  oct_tensor weight;  ///< [K,R,S,C/G]
  oct_tensor bias;    ///< f32 [K], or absent
  oct_tensor y;       ///< [N,P,Q,K]
  oct_conv conv;
} oct_grouped_conv_forward_args;
OCT_API oct_status oct_grouped_conv_forward_prepare(oct_context* context, const oct_grouped_conv_forward_args* args, oct_call** call);

/// grouped_conv_forward between two batch normalizations, so that neither needs a pass over memory of its own.
/// Prologue: x is replaced by relu?(x input_scale + input_shift), computed in F32 and rounded to x's type; padding stays 0. Epilogue:
/// y_mean and y_variance receive mean and biased variance over N, P, Q of y as it is stored, reduced in a fixed order, without cancellation
/// where |mean| is far above the standard deviation. Everything else as in grouped_conv_forward.
typedef struct oct_grouped_conv_forward_fused_args {
  oct_tensor x;            ///< [N,H,W,C]
  oct_tensor input_scale;  ///< f32 [C]; absent together with input_shift
  oct_tensor input_shift;  ///< f32 [C]
  oct_tensor weight;       ///< [K,R,S,C/G]
  oct_tensor bias;         ///< f32 [K], or absent
  oct_tensor y;            ///< [N,P,Q,K]
  oct_tensor y_mean;       ///< f32 [K], written; absent together with y_variance
  oct_tensor y_variance;   ///< f32 [K], written
  oct_conv conv;
  int32_t input_relu;  ///< not 0: the prologue has a ReLU; counts only with input_scale
} oct_grouped_conv_forward_fused_args;
OCT_API oct_status oct_grouped_conv_forward_fused_prepare(oct_context* context, const oct_grouped_conv_forward_fused_args* args,
                                                          oct_call** call);

/// dx = gradient of the loss with respect to x. One type, F32 or BF16; dx aliases nothing.
typedef struct oct_grouped_conv_backward_data_args {
  oct_tensor dy;      ///< [N,P,Q,K]
  oct_tensor weight;  ///< [K,R,S,C/G]
  oct_tensor dx;      ///< [N,H,W,C], overwritten
  oct_conv conv;
} oct_grouped_conv_backward_data_args;
OCT_API oct_status oct_grouped_conv_backward_data_prepare(oct_context* context, const oct_grouped_conv_backward_data_args* args,
                                                          oct_call** call);

/// dweight = gradient of the loss with respect to weight; dbias = sum of dy over N, P, Q. x and dy share a type, F32 or BF16. Reduced in a
/// fixed order: bitwise the same for any number of threads.
typedef struct oct_grouped_conv_backward_weight_args {
  oct_tensor x;        ///< [N,H,W,C]
  oct_tensor dy;       ///< [N,P,Q,K]
  oct_tensor dweight;  ///< f32 [K,R,S,C/G], overwritten
  oct_tensor dbias;    ///< f32 [K], overwritten; or absent
  oct_conv conv;
} oct_grouped_conv_backward_weight_args;
OCT_API oct_status oct_grouped_conv_backward_weight_prepare(oct_context* context, const oct_grouped_conv_backward_weight_args* args,
                                                            oct_call** call);

#ifdef __cplusplus
}
#endif
