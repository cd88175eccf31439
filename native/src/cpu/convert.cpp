// Conversions between element types. Bound by memory, 2 streams.
#include "kernels.h"
#include "lanes.h"
#include "parallel.h"
#include "prepare.h"

OCT_KERNEL_BEGIN

namespace {

template <class From, class To>
oct_status convert_all(oct_call* call) {
  const auto& a = args<oct_convert_args>(call);
  const From* x = data<From>(a.x);
  To* y = data<To>(a.y);
  const int64_t n = elements(a.x);
  parallel_for(call->context, n, n, [=](int64_t begin, int64_t end) {
    for_lanes(begin, end, [=](auto lane, int64_t i) {
      using L = decltype(lane);
      L::put(y + i, L::get(x + i));
    });
  });
  return OCT_OK;
}

template <int64_t kBytes>
oct_status copy_all(oct_call* call) {
  const auto& a = args<oct_convert_args>(call);
  const char* x = data<char>(a.x);
  char* y = data<char>(a.y);
  const int64_t n = elements(a.x);
  parallel_for(call->context, n, n, [=](int64_t begin, int64_t end) {
    __builtin_memcpy(y + begin * kBytes, x + begin * kBytes, static_cast<size_t>((end - begin) * kBytes));
  });
  return OCT_OK;
}

}  // namespace

oct_status convert(oct_call* call) {
  const auto& a = args<oct_convert_args>(call);
  if (a.x.dtype != a.y.dtype) return runs(call, a.x.dtype, convert_all<float, bf16>, convert_all<bf16, float>);
  switch (a.x.dtype) {
    case OCT_U8:
      call->run = copy_all<1>;
      break;
    case OCT_BF16:
      call->run = copy_all<2>;
      break;
    case OCT_I64:
      call->run = copy_all<8>;
      break;
    default:
      call->run = copy_all<4>;
  }
  return OCT_OK;
}

OCT_KERNEL_END
