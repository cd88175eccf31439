// Bound: 2 streams of n elements forward, 3 backward.
#include "element_wise.cuh"
#include "kernels.h"

namespace oct::cuda {
namespace {

// Written so that NaN stays.
struct Relu {
  static GPU_INLINE float of(const float (&x)[1]) { return x[0] < 0.0f ? 0.0f : x[0]; }
};

struct ReluGradient {
  static GPU_INLINE float of(const float (&y_and_dy)[2]) { return y_and_dy[0] > 0.0f ? y_and_dy[1] : 0.0f; }
};

}  // namespace

oct_status relu_forward(oct_context* context, const oct_tensor* x, const oct_tensor* y) {
  return with_float_type(x->dtype, [&](auto type) {
    using T = decltype(type);
    return launch_element_wise<Relu, 1, T, T>(context, "relu_forward", {{data<T>(x)}, data<T>(y), elements(x), false});
  });
}

oct_status relu_backward(oct_context* context, const oct_tensor* y, const oct_tensor* dy, const oct_tensor* dx) {
  return with_float_type(y->dtype, [&](auto type) {
    using T = decltype(type);
    return launch_element_wise<ReluGradient, 2, T, T>(context, "relu_backward",
                                                      {{data<T>(y), data<T>(dy)}, data<T>(dx), elements(y), false});
  });
}

}  // namespace oct::cuda
