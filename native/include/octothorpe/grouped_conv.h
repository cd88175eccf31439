// Grouped 2-D convolution, the cardinality of ResNeXt: channel block g of y sees only channel block g of x.
#pragma once
#include "context.h"

#ifdef __cplusplus
extern "C" {
#endif

/// Geometry. C and K are divisible by groups; strides and dilations are >= 1, paddings >= 0.
typedef struct oct_grouped_conv {
  int64_t groups;
  int64_t stride_h, stride_w;
  int64_t padding_h, padding_w;
  int64_t dilation_h, dilation_w;
} oct_grouped_conv;

/// Pass of an operation with weights.
enum { OCT_FORWARD = 0, OCT_BACKWARD_DATA = 1, OCT_BACKWARD_WEIGHT = 2, OCT_FORWARD_FUSED = 3 };

/// Scratch bytes that a pass needs, from shapes and types alone (the tensors' data may be null). OCT_UNSUPPORTED with the reason
/// where the device has no kernel. x [N,H,W,C], weight [K,R,S,C/G], y [N,P,Q,K].
OCT_API oct_status oct_grouped_conv_workspace(oct_context* context, int32_t pass, const oct_grouped_conv* conv, const oct_tensor* x,
                                              const oct_tensor* weight, const oct_tensor* y, size_t* bytes);

/// y = x * weight + bias. x [N,H,W,C], weight [K,R,S,C/G], bias f32[K] or null, y [N,P,Q,K] with
/// P = (H + 2 padding_h - dilation_h (R - 1) - 1) / stride_h + 1, Q alike. x, weight, y share a type, F32 or BF16; sums are F32.
/// y aliases nothing. `workspace` holds at least the bytes of oct_grouped_conv_workspace, 64-byte aligned.
OCT_API oct_status oct_grouped_conv_forward(oct_context* context, const oct_grouped_conv* conv, const oct_tensor* x,
                                            const oct_tensor* weight, const oct_tensor* bias, const oct_tensor* y, void* workspace,
                                            size_t workspace_bytes);

/// oct_grouped_conv_forward between two batch normalisations, so that neither needs a pass over memory of its own; 1x1 and any groups.
/// Prologue: x is replaced by relu?(x input_scale + input_shift), computed in F32 and rounded to x's type; padding stays 0. input_scale and
/// input_shift f32[C], both or neither null; input_relu counts only with them. Epilogue: y_mean and y_variance, f32[K], both or neither
/// null, receive mean and biased variance over N, P, Q of y as it is stored, reduced in a fixed order without cancellation for
/// |mean| >> deviation. Workspace: that of the pass OCT_FORWARD_FUSED. Everything else as in oct_grouped_conv_forward.
OCT_API oct_status oct_grouped_conv_forward_fused(oct_context* context, const oct_grouped_conv* conv, const oct_tensor* x,
                                                  const oct_tensor* input_scale, const oct_tensor* input_shift, int32_t input_relu,
                                                  const oct_tensor* weight, const oct_tensor* bias, const oct_tensor* y,
                                                  const oct_tensor* y_mean, const oct_tensor* y_variance, void* workspace,
                                                  size_t workspace_bytes);

/// dx = gradient of the loss by x, from dy [N,P,Q,K] and weight [K,R,S,C/G]. Overwrites dx [N,H,W,C].
OCT_API oct_status oct_grouped_conv_backward_data(oct_context* context, const oct_grouped_conv* conv, const oct_tensor* dy,
                                                  const oct_tensor* weight, const oct_tensor* dx, void* workspace, size_t workspace_bytes);

/// dweight = gradient of the loss by weight, from x and dy; dbias = sum of dy over N, P, Q. x and dy share a type; dweight [K,R,S,C/G] and
/// dbias [K] (or null) are F32. Overwrites both. Reduced in a fixed order: bitwise the same for any number of threads.
OCT_API oct_status oct_grouped_conv_backward_weight(oct_context* context, const oct_grouped_conv* conv, const oct_tensor* x,
                                                    const oct_tensor* dy, const oct_tensor* dweight, const oct_tensor* dbias,
                                                    void* workspace, size_t workspace_bytes);

#ifdef __cplusplus
}
#endif
