// Element-wise: bound by memory, 2 or 3 streams.
#include "kernels.h"
#include "parallel.h"
#include "prepare.h"
#include "simd.h"

OCT_KERNEL_BEGIN

namespace {

template <class T>
oct_status forward(oct_call* call) {
  const auto& a = args<oct_relu_forward_args>(call);
  const T* x = data<T>(a.x);
  T* y = data<T>(a.y);
  const int64_t n = elements(a.x);
  parallel_for(call->context, n, n, [=](int64_t begin, int64_t end) {
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
  return OCT_OK;
}

template <class T>
oct_status backward(oct_call* call) {
  const auto& a = args<oct_relu_backward_args>(call);
  const T *y = data<T>(a.y), *dy = data<T>(a.dy);
  T* dx = data<T>(a.dx);
  const int64_t n = elements(a.y);
  parallel_for(call->context, n, n, [=](int64_t begin, int64_t end) {
    int64_t i = begin;
    for (; i + kLanes <= end; i += kLanes) store(dx + i, select(load(y + i) > 0.0f, load(dy + i), vf{}));
    for (; i < end; ++i) assign(dx + i, to_float(y[i]) > 0.0f ? to_float(dy[i]) : 0.0f);
  });
  return OCT_OK;
}

}  // namespace

oct_status relu_forward(oct_call* call) { return OCT_RUNS(call, args<oct_relu_forward_args>(call).x.dtype, forward); }
oct_status relu_backward(oct_call* call) { return OCT_RUNS(call, args<oct_relu_backward_args>(call).y.dtype, backward); }

OCT_KERNEL_END
