// Bound: 2 streams of n elements forward, 3 backward.
#include "element_wise/element_wise.cuh"
#include "runtime/kernels.h"

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

OCT_NO_WORKSPACE(relu_forward)
oct_status relu_forward(Launches& launches, const oct_relu_forward_args& a, void*) {
  return with_float_type(a.x.dtype, [&](auto type) {
    using T = decltype(type);
    return launch_element_wise<Relu, 1, T, T>(launches, "relu_forward", {{data<T>(a.x)}, data<T>(a.y), elements(a.x), false});
  });
}

OCT_NO_WORKSPACE(relu_backward)
oct_status relu_backward(Launches& launches, const oct_relu_backward_args& a, void*) {
  return with_float_type(a.y.dtype, [&](auto type) {
    using T = decltype(type);
    return launch_element_wise<ReluGradient, 2, T, T>(launches, "relu_backward",
                                                      {{data<T>(a.y), data<T>(a.dy)}, data<T>(a.dx), elements(a.y), false});
  });
}

}  // namespace oct::cuda
