// Mean over H and W, [N,H,W,C] -> [N,C]. Bound by the reads of x forward and the writes of dx backward.
#include "kernels.h"
#include "lanes.h"
#include "parallel.h"

OCT_KERNEL_BEGIN

namespace {

// Channels of one piece of work: their sums stay in L1 while H W rows stream past.
constexpr int64_t kBlock = 256;

template <class T>
void forward(const oct_context* context, const T* x, T* y, int64_t images, int64_t pixels, int64_t channels) {
  const int64_t blocks = (channels + kBlock - 1) / kBlock;
  const float count = static_cast<float>(pixels);
  parallel_for(context, images * blocks, images * pixels * channels, [=](int64_t begin, int64_t end) {
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
}

template <class T>
void backward(const oct_context* context, const T* dy, T* dx, int64_t images, int64_t pixels, int64_t channels) {
  const float count = static_cast<float>(pixels);
  parallel_for(context, images * pixels, images * pixels * channels, [=](int64_t begin, int64_t end) {
    for (int64_t pixel = begin; pixel < end; ++pixel) {
      const T* from = dy + pixel / pixels * channels;
      T* to = dx + pixel * channels;
      for_lanes(0, channels, [=](auto lane, int64_t c) {
        using L = decltype(lane);
        L::put(to + c, L::get(from + c) / L::all(count));
      });
    }
  });
}

}  // namespace

oct_status global_average_pool_forward(oct_context* context, const oct_tensor* x, const oct_tensor* y) {
  with_float_type(x->dtype, [=](auto* type) {
    using T = __typeof__(*type);
    forward(context, static_cast<const T*>(x->data), static_cast<T*>(y->data), x->shape[0], x->shape[1] * x->shape[2], x->shape[3]);
  });
  return OCT_OK;
}

oct_status global_average_pool_backward(oct_context* context, const oct_tensor* dy, const oct_tensor* dx) {
  with_float_type(dx->dtype, [=](auto* type) {
    using T = __typeof__(*type);
    backward(context, static_cast<const T*>(dy->data), static_cast<T*>(dx->data), dx->shape[0], dx->shape[1] * dx->shape[2], dx->shape[3]);
  });
  return OCT_OK;
}

OCT_KERNEL_END
