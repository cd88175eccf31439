// Element-wise: bound by memory, 2 or 3 streams.
#include "kernels.h"
#include "parallel.h"
#include "simd.h"

OCT_KERNEL_BEGIN

namespace {

template <class T>
void forward(const oct_context* context, const T* x, T* y, int64_t n) {
  parallel_for(context, n, n, [=](int64_t begin, int64_t end) {
    int64_t i = begin;
    for (; i + kLanes <= end; i += kLanes) {
      const vf v = load(x + i);
      store(y + i, select(v < 0.0f, vf{}, v));
    }
    for (; i < end; ++i) {
      const float v = to_float(x[i]);
      assign(y + i, v < 0.0f ? 0.0f : v);
    }
  });
}

template <class T>
void backward(const oct_context* context, const T* y, const T* dy, T* dx, int64_t n) {
  parallel_for(context, n, n, [=](int64_t begin, int64_t end) {
    int64_t i = begin;
    for (; i + kLanes <= end; i += kLanes) store(dx + i, select(load(y + i) > 0.0f, load(dy + i), vf{}));
    for (; i < end; ++i) assign(dx + i, to_float(y[i]) > 0.0f ? to_float(dy[i]) : 0.0f);
  });
}

}  // namespace

oct_status relu_forward(oct_context* context, const oct_tensor* x, const oct_tensor* y) {
  int64_t n = 1;
  for (int32_t i = 0; i < x->rank; ++i) n *= x->shape[i];
  with_float_type(x->dtype, [=](auto* type) {
    using T = __typeof__(*type);
    forward(context, static_cast<const T*>(x->data), static_cast<T*>(y->data), n);
  });
  return OCT_OK;
}

oct_status relu_backward(oct_context* context, const oct_tensor* y, const oct_tensor* dy, const oct_tensor* dx) {
  int64_t n = 1;
  for (int32_t i = 0; i < y->rank; ++i) n *= y->shape[i];
  with_float_type(y->dtype, [=](auto* type) {
    using T = __typeof__(*type);
    backward(context, static_cast<const T*>(y->data), static_cast<const T*>(dy->data), static_cast<T*>(dx->data), n);
  });
  return OCT_OK;
}

OCT_KERNEL_END
