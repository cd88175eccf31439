// The operations of this device, as table.cpp lists them, and their variants.
#pragma once
#include <vector>

#include "octothorpe/device_table.h"

namespace oct::cuda {

decltype(oct_grouped_conv_workspace) grouped_conv_workspace;
decltype(oct_grouped_conv_forward) grouped_conv_forward;
decltype(oct_grouped_conv_backward_data) grouped_conv_backward_data;
decltype(oct_grouped_conv_backward_weight) grouped_conv_backward_weight;
decltype(oct_grouped_conv_forward_fused) grouped_conv_forward_fused;
decltype(oct_linear_workspace) linear_workspace;
decltype(oct_linear_forward) linear_forward;
decltype(oct_linear_backward_data) linear_backward_data;
decltype(oct_linear_backward_weight) linear_backward_weight;
decltype(oct_linear_backward_weight_sgd) linear_backward_weight_sgd;
decltype(oct_linear_softmax_workspace) linear_softmax_workspace;
decltype(oct_linear_softmax_cross_entropy) linear_softmax_cross_entropy;
decltype(oct_softmax_cross_entropy) softmax_cross_entropy;
decltype(oct_sigmoid_cross_entropy) sigmoid_cross_entropy;
decltype(oct_batch_norm_workspace) batch_norm_workspace;
decltype(oct_batch_norm_forward_training) batch_norm_forward_training;
decltype(oct_batch_norm_forward_inference) batch_norm_forward_inference;
decltype(oct_batch_norm_backward_training) batch_norm_backward_training;
decltype(oct_batch_norm_backward_inference) batch_norm_backward_inference;
decltype(oct_relu_forward) relu_forward;
decltype(oct_relu_backward) relu_backward;
decltype(oct_add) add;
decltype(oct_max_pool_forward) max_pool_forward;
decltype(oct_max_pool_backward) max_pool_backward;
decltype(oct_global_average_pool_forward) global_average_pool_forward;
decltype(oct_global_average_pool_backward) global_average_pool_backward;
decltype(oct_sgd_step) sgd_step;
decltype(oct_convert) convert;
decltype(oct_normalize_pixels) normalize_pixels;
decltype(oct_transform_images) transform_images;

// Each adds the variants of its operation's passes.
void list_grouped_conv(std::vector<oct_variant>* all);
void list_softmax_cross_entropy(std::vector<oct_variant>* all);
void list_linear(std::vector<oct_variant>* all);

}  // namespace oct::cuda
