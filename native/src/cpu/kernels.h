// The kernels of one instruction set, as table.cpp lists them.
#pragma once
#include "isa.h"

OCT_KERNEL_BEGIN

oct_status relu_forward(oct_context* context, const oct_tensor* x, const oct_tensor* y);
oct_status relu_backward(oct_context* context, const oct_tensor* y, const oct_tensor* dy, const oct_tensor* dx);
decltype(oct_batch_norm_workspace) batch_norm_workspace;
decltype(oct_batch_norm_forward_training) batch_norm_forward_training;
decltype(oct_batch_norm_forward_inference) batch_norm_forward_inference;
decltype(oct_batch_norm_backward_training) batch_norm_backward_training;
decltype(oct_batch_norm_backward_inference) batch_norm_backward_inference;
decltype(oct_add) add;
decltype(oct_max_pool_forward) max_pool_forward;
decltype(oct_max_pool_backward) max_pool_backward;
decltype(oct_global_average_pool_forward) global_average_pool_forward;
decltype(oct_global_average_pool_backward) global_average_pool_backward;
decltype(oct_sgd_step) sgd_step;
decltype(oct_convert) convert;
decltype(oct_normalize_pixels) normalize_pixels;
decltype(oct_transform_images) transform_images;

oct_status grouped_conv_workspace(oct_context* context, int32_t pass, const oct_grouped_conv* conv, const oct_tensor* x,
                                  const oct_tensor* weight, const oct_tensor* y, size_t* bytes);
oct_status grouped_conv_forward(oct_context* context, const oct_grouped_conv* conv, const oct_tensor* x, const oct_tensor* weight,
                                const oct_tensor* bias, const oct_tensor* y, void* workspace, size_t workspace_bytes);
oct_status grouped_conv_backward_data(oct_context* context, const oct_grouped_conv* conv, const oct_tensor* dy, const oct_tensor* weight,
                                      const oct_tensor* dx, void* workspace, size_t workspace_bytes);
oct_status grouped_conv_backward_weight(oct_context* context, const oct_grouped_conv* conv, const oct_tensor* x, const oct_tensor* dy,
                                        const oct_tensor* dweight, const oct_tensor* dbias, void* workspace, size_t workspace_bytes);
decltype(oct_linear_backward_weight_sgd) linear_backward_weight_sgd;
decltype(oct_linear_softmax_workspace) linear_softmax_workspace;
decltype(oct_linear_softmax_cross_entropy) linear_softmax_cross_entropy;
oct_status linear_workspace(oct_context* context, int32_t pass, const oct_tensor* x, const oct_tensor* weight, const oct_tensor* y,
                            size_t* bytes);
oct_status linear_forward(oct_context* context, const oct_tensor* x, const oct_tensor* weight, const oct_tensor* bias, const oct_tensor* y,
                          void* workspace, size_t workspace_bytes);
oct_status linear_backward_data(oct_context* context, const oct_tensor* dy, const oct_tensor* weight, const oct_tensor* dx, void* workspace,
                                size_t workspace_bytes);
oct_status linear_backward_weight(oct_context* context, const oct_tensor* x, const oct_tensor* dy, const oct_tensor* dweight,
                                  const oct_tensor* dbias, void* workspace, size_t workspace_bytes);

oct_status softmax_cross_entropy(oct_context* context, const oct_tensor* logits, const oct_tensor* offsets, const oct_tensor* labels,
                                 float gradient_scale, const oct_tensor* loss, const oct_tensor* dlogits);
oct_status sigmoid_cross_entropy(oct_context* context, const oct_tensor* logits, const oct_tensor* offsets, const oct_tensor* labels,
                                 float gradient_scale, const oct_tensor* loss, const oct_tensor* dlogits);

OCT_KERNEL_END
