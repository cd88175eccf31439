// Element-wise: bound by memory, 3 streams.
#include "kernels.h"
#include "lanes.h"
#include "parallel.h"
#include "prepare.h"

OCT_KERNEL_BEGIN

namespace {

template <class T>
oct_status run(oct_call* call) {
  const auto& sum = args<oct_add_args>(call);
  const T *a = data<T>(sum.a), *b = data<T>(sum.b);
  T* y = data<T>(sum.y);
  const int64_t n = elements(sum.y);
  parallel_for(call->context, n, n, [=](int64_t begin, int64_t end) {
    for_lanes(begin, end, [=](auto lane, int64_t i) {
      using L = decltype(lane);
      L::put(y + i, L::get(a + i) + L::get(b + i));
    });
  });
  return OCT_OK;
}

}  // namespace

oct_status add(oct_call* call) { return OCT_RUNS(call, args<oct_add_args>(call).y.dtype, run); }

OCT_KERNEL_END
