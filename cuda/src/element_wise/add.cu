// Bound: 3 streams of n elements.
#include "element_wise/element_wise.cuh"
#include "runtime/kernels.h"

namespace oct::cuda {
namespace {

struct Sum {
  static GPU_INLINE float of(const float (&x)[2]) { return x[0] + x[1]; }
};

}  // namespace

OCT_NO_WORKSPACE(add)
oct_status add(Launches& launches, const oct_add_args& a, void*) {
  return with_float_type(a.y.dtype, [&](auto type) {
    using T = decltype(type);
    return launch_element_wise<Sum, 2, T, T>(launches, "add", {{data<T>(a.a), data<T>(a.b)}, data<T>(a.y), elements(a.y), false});
  });
}

}  // namespace oct::cuda
