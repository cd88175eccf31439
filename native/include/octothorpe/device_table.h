// What a device library implements: one function an operation, called after the arguments were checked by native/src/<op>.cpp.
#pragma once
#include "add.h"
#include "batch_norm.h"
#include "context.h"
#include "convert.h"
#include "global_average_pool.h"
#include "grouped_conv.h"
#include "linear.h"
#include "linear_softmax.h"
#include "max_pool.h"
#include "relu.h"
#include "sgd.h"
#include "sigmoid_cross_entropy.h"
#include "softmax_cross_entropy.h"
#include "transform_images.h"

struct oct_context {
  const oct_device_table* table;
  int32_t ordinal;
  int32_t threads;
  void* state;  ///< the device's own: a stream, handles; null on the CPU
  /// Keeps the text for oct_last_error() and returns the status: device libraries do not link this one.
  oct_status (*fail)(oct_status status, const char* text);
};

/// Signatures are those of the contract. A device without an operation leaves its entry null: callers get OCT_UNSUPPORTED.
struct oct_device_table {
  const char* name;
  oct_status (*open)(oct_context* context);
  oct_status (*close)(oct_context* context);
  oct_status (*synchronize)(oct_context* context);
  oct_status (*allocate)(oct_context* context, size_t bytes, void** data);
  oct_status (*free)(oct_context* context, void* data);
  oct_status (*copy_to_device)(oct_context* context, void* device_data, const void* host_data, size_t bytes);
  oct_status (*copy_to_host)(oct_context* context, void* host_data, const void* device_data, size_t bytes);
  oct_status (*zero)(oct_context* context, void* data, size_t bytes);
  decltype(&oct_variant_count) variant_count;  ///< this and the next two: null on a device without variants
  decltype(&oct_variant_at) variant_at;
  decltype(&oct_use_variant) use_variant;

  decltype(&oct_grouped_conv_workspace) grouped_conv_workspace;
  decltype(&oct_grouped_conv_forward) grouped_conv_forward;
  decltype(&oct_grouped_conv_backward_data) grouped_conv_backward_data;
  decltype(&oct_grouped_conv_backward_weight) grouped_conv_backward_weight;
  decltype(&oct_grouped_conv_forward_fused) grouped_conv_forward_fused;
  decltype(&oct_linear_workspace) linear_workspace;
  decltype(&oct_linear_forward) linear_forward;
  decltype(&oct_linear_backward_data) linear_backward_data;
  decltype(&oct_linear_backward_weight) linear_backward_weight;
  decltype(&oct_linear_backward_weight_sgd) linear_backward_weight_sgd;
  decltype(&oct_linear_softmax_workspace) linear_softmax_workspace;
  decltype(&oct_linear_softmax_cross_entropy) linear_softmax_cross_entropy;
  decltype(&oct_softmax_cross_entropy) softmax_cross_entropy;
  decltype(&oct_sigmoid_cross_entropy) sigmoid_cross_entropy;
  decltype(&oct_batch_norm_workspace) batch_norm_workspace;
  decltype(&oct_batch_norm_forward_training) batch_norm_forward_training;
  decltype(&oct_batch_norm_forward_inference) batch_norm_forward_inference;
  decltype(&oct_batch_norm_backward_training) batch_norm_backward_training;
  decltype(&oct_batch_norm_backward_inference) batch_norm_backward_inference;
  decltype(&oct_relu_forward) relu_forward;
  decltype(&oct_relu_backward) relu_backward;
  decltype(&oct_add) add;
  decltype(&oct_max_pool_forward) max_pool_forward;
  decltype(&oct_max_pool_backward) max_pool_backward;
  decltype(&oct_global_average_pool_forward) global_average_pool_forward;
  decltype(&oct_global_average_pool_backward) global_average_pool_backward;
  decltype(&oct_sgd_step) sgd_step;
  decltype(&oct_convert) convert;
  decltype(&oct_normalize_pixels) normalize_pixels;
  decltype(&oct_transform_images) transform_images;
};
