// The one list of operations. Everything that speaks of "every operation" is made from it: the device table, the kernels' declarations, the
// oct_<name>_prepare functions, the Java bindings, the tests over every operation, and the page of `octothorpe kernels`.
//
// Included as it is, it brings the header of every operation; docs/operations has a page for each:
#ifndef OCT_OPERATION
#include "add.h"                    // the element-wise sum of two tensors
#include "batch_norm.h"             // batch normalization over N, H, W, with residual add and ReLU
#include "convert.h"                // conversions between element types, and copies
#include "global_average_pool.h"    // the mean over H and W
#include "grouped_conv.h"           // 2-D convolution for any number of groups
#include "linear.h"                 // a fully connected layer, its gradients, and its weight gradient with the SGD step in one
#include "linear_softmax.h"         // a fully connected layer and softmax cross-entropy together, without the logits in memory
#include "max_pool.h"               // the maximum over square windows
#include "normalize_pixels.h"       // the input of a network from decoded pixels
#include "relu.h"                   // the rectified linear unit
#include "sgd.h"                    // one step of stochastic gradient descent over all parameters
#include "sigmoid_cross_entropy.h"  // the binary cross-entropy of V independent sigmoids
#include "softmax_cross_entropy.h"  // multi-label softmax cross-entropy over V classes
#include "transform_images.h"       // crop, resize, mirror and normalize decoded images
#else
// With OCT_OPERATION defined, it calls it for every function, in alphabetical order:
//
//   #define OCT_OPERATION(name, devices, tensors) ...
//   #include "octothorpe/operations.h"
//
// name: of struct oct_<name>_args and function oct_<name>_prepare. devices: ALL, or CUDA where only cuda:N and emulated have a kernel (on
// cpu the operation is OCT_UNSUPPORTED). tensors: the oct_tensor members of the struct, which come first in it, in their order;
// oct_call_bind takes addresses in this order.
OCT_OPERATION(add, ALL, "a b y")
OCT_OPERATION(batch_norm_backward_inference, ALL, "x y weight running_mean running_variance dy dx dresidual dweight dbias")
OCT_OPERATION(batch_norm_backward_training, ALL, "x y weight saved_mean saved_rstd dy dx dresidual dweight dbias")
OCT_OPERATION(batch_norm_forward_inference, ALL, "x weight bias residual running_mean running_variance y")
OCT_OPERATION(batch_norm_forward_training, ALL, "x weight bias residual running_mean running_variance saved_mean saved_rstd y")
OCT_OPERATION(convert, ALL, "x y")
OCT_OPERATION(global_average_pool_backward, ALL, "dy dx")
OCT_OPERATION(global_average_pool_forward, ALL, "x y")
OCT_OPERATION(grouped_conv_backward_data, ALL, "dy weight dx")
OCT_OPERATION(grouped_conv_backward_weight, ALL, "x dy dweight dbias")
OCT_OPERATION(grouped_conv_forward, ALL, "x weight bias y")
OCT_OPERATION(grouped_conv_forward_fused, CUDA, "x input_scale input_shift weight bias y y_mean y_variance")
OCT_OPERATION(linear_backward_data, ALL, "dy weight dx")
OCT_OPERATION(linear_backward_weight, ALL, "x dy dweight dbias")
OCT_OPERATION(linear_backward_weight_sgd, ALL, "x dy weight buffer weight_bf16 rates")
OCT_OPERATION(linear_forward, ALL, "x weight bias y")
OCT_OPERATION(linear_softmax_cross_entropy, ALL, "x weight bias offsets labels loss dx dweight dbias")
OCT_OPERATION(max_pool_backward, ALL, "dy index dx")
OCT_OPERATION(max_pool_forward, ALL, "x y index")
OCT_OPERATION(normalize_pixels, ALL, "x y")
OCT_OPERATION(relu_backward, ALL, "y dy dx")
OCT_OPERATION(relu_forward, ALL, "x y")
OCT_OPERATION(sgd_step, ALL, "parameter gradient buffer parameter_bf16 segment_ends segment_decay rates")
OCT_OPERATION(sigmoid_cross_entropy, ALL, "logits offsets labels loss dlogits")
OCT_OPERATION(softmax_cross_entropy, ALL, "logits offsets labels loss dlogits")
OCT_OPERATION(transform_images, ALL, "pixels offsets geometry y")
#endif
