// The device table of one instruction set.
#include "kernels.h"

OCT_KERNEL_BEGIN

void fill_table(oct_device_table* table);

void fill_table(oct_device_table* table) {
  table->grouped_conv_workspace = grouped_conv_workspace;
  table->grouped_conv_forward = grouped_conv_forward;
  table->grouped_conv_backward_data = grouped_conv_backward_data;
  table->grouped_conv_backward_weight = grouped_conv_backward_weight;
  table->relu_forward = relu_forward;
  table->relu_backward = relu_backward;
  table->batch_norm_workspace = batch_norm_workspace;
  table->batch_norm_forward_training = batch_norm_forward_training;
  table->batch_norm_forward_inference = batch_norm_forward_inference;
  table->batch_norm_backward_training = batch_norm_backward_training;
  table->batch_norm_backward_inference = batch_norm_backward_inference;
  table->add = add;
  table->max_pool_forward = max_pool_forward;
  table->max_pool_backward = max_pool_backward;
  table->global_average_pool_forward = global_average_pool_forward;
  table->global_average_pool_backward = global_average_pool_backward;
  table->sgd_step = sgd_step;
  table->convert = convert;
  table->normalize_pixels = normalize_pixels;
  table->transform_images = transform_images;
  table->linear_workspace = linear_workspace;
  table->linear_forward = linear_forward;
  table->linear_backward_data = linear_backward_data;
  table->linear_backward_weight = linear_backward_weight;
  table->linear_backward_weight_sgd = linear_backward_weight_sgd;
  table->linear_softmax_workspace = linear_softmax_workspace;
  table->linear_softmax_cross_entropy = linear_softmax_cross_entropy;
  table->softmax_cross_entropy = softmax_cross_entropy;
  table->sigmoid_cross_entropy = sigmoid_cross_entropy;
}

OCT_KERNEL_END
