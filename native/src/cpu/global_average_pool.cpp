// Mean over H and W, [N,H,W,C] -> [N,C]. Bound by the reads of x forward and the writes of dx backward.
#include "kernels.h"
#include "lanes.h"
#include "parallel.h"
#include "prepare.h"

OCT_KERNEL_BEGIN

namespace {

// Channels of one piece of work: their sums stay in L1 while H W rows stream past.
constexpr int64_t kBlock = 256;

template <class T>
oct_status forward(oct_call* call) {
  const auto& a = args<oct_global_average_pool_forward_args>(call);
  const T* x = data<T>(a.x);
  T* y = data<T>(a.y);
  const int64_t images = a.x.shape[0], pixels = a.x.shape[1] * a.x.shape[2], channels = a.x.shape[3];
  const int64_t blocks = (channels + kBlock - 1) / kBlock;
  const float count = static_cast<float>(pixels);
  parallel_for(call->context, images * blocks, images * pixels * channels, [=](int64_t begin, int64_t end) {
    for (int64_t piece = begin; piece < end; ++piece) {
      const int64_t image = piece / blocks, first = piece % blocks * kBlock;
      const int64_t width = channels - first < kBlock ? channels - first : kBlock;
      const T* from = x + image * pixels * channels + first;
      T* to = y + image * channels + first;
      alignas(64) float sum[kBlock] = {};
      for (int64_t pixel = 0; pixel < pixels; ++pixel) {
        const T* row = from + pixel * channels;
        for_lanes(0, width, [=, &sum](auto lane, int64_t c) {
          using L = decltype(lane);
          L::put(sum + c, L::get(sum + c) + L::get(row + c));
        });
      }
      for_lanes(0, width, [=, &sum](auto lane, int64_t c) {
        using L = decltype(lane);
        L::put(to + c, L::get(sum + c) / L::all(count));
      });
    }
  });
  return OCT_OK;
}

template <class T>
oct_status backward(oct_call* call) {
  const auto& a = args<oct_global_average_pool_backward_args>(call);
  const T* dy = data<T>(a.dy);
  T* dx = data<T>(a.dx);
  const int64_t images = a.dx.shape[0], pixels = a.dx.shape[1] * a.dx.shape[2], channels = a.dx.shape[3];
  const float count = static_cast<float>(pixels);
  parallel_for(call->context, images * pixels, images * pixels * channels, [=](int64_t begin, int64_t end) {
    for (int64_t pixel = begin; pixel < end; ++pixel) {
      const T* from = dy + pixel / pixels * channels;
      T* to = dx + pixel * channels;
      for_lanes(0, channels, [=](auto lane, int64_t c) {
        using L = decltype(lane);
        L::put(to + c, L::get(from + c) / L::all(count));
      });
    }
  });
  return OCT_OK;
}

}  // namespace

oct_status global_average_pool_forward(oct_call* call) {
  return OCT_RUNS(call, args<oct_global_average_pool_forward_args>(call).x.dtype, forward);
}

oct_status global_average_pool_backward(oct_call* call) {
  return OCT_RUNS(call, args<oct_global_average_pool_backward_args>(call).dx.dtype, backward);
}

OCT_KERNEL_END
