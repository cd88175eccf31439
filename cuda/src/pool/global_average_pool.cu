// Mean over H and W, [N,H,W,C] -> [N,C]: 7 x 7 pixels in the networks that this is for, so a thread adds all of a piece's pixels, in
// row-major order. Bound: forward one read of x, backward one write of dx.
#include "element_wise/element_wise.cuh"
#include "runtime/kernels.h"

namespace oct::cuda {
namespace {

constexpr int kPoolThreads = 64;     // N C / 8 threads are few: small blocks reach more multiprocessors
constexpr int kPixelsPerThread = 8;  // backward: one quotient for 8 writes

template <class T, int Width>
__global__ void __launch_bounds__(kPoolThreads) mean_of_pixels(const T* x, int64_t images, int64_t pixels, int64_t channels, T* y) {
  constexpr int kRows = 7;
  const int64_t item = static_cast<int64_t>(blockIdx.x) * kPoolThreads + threadIdx.x, pieces = channels / Width;
  const int64_t image = item / pieces, channel = (item - image * pieces) * Width;
  if (image >= images) return;
  const T* from = x + image * pixels * channels + channel;
  float sum[Width] = {};
  for (int64_t pixel = 0; pixel < pixels; pixel += kRows) {
    float values[kRows][Width];
#pragma unroll
    for (int i = 0; i < kRows; ++i) {
      if (pixel + i < pixels) read_piece(from + (pixel + i) * channels, values[i]);
    }
#pragma unroll
    for (int i = 0; i < kRows; ++i) {
      if (pixel + i >= pixels) continue;
#pragma unroll
      for (int c = 0; c < Width; ++c) sum[c] += values[i][c];
    }
  }
  const float count = static_cast<float>(pixels);
#pragma unroll
  for (int c = 0; c < Width; ++c) sum[c] /= count;
  write_piece(y + image * channels + channel, sum);
}

template <class T, int Width>
__global__ void __launch_bounds__(kElementThreads)
    spread_over_pixels(const T* dy, int64_t images, int64_t pixels, int64_t channels, T* dx) {
  const int64_t item = static_cast<int64_t>(blockIdx.x) * kElementThreads + threadIdx.x;
  const int64_t pieces = channels / Width, groups = gpu::ceil_div<int64_t>(pixels, kPixelsPerThread);
  const int64_t group = item / pieces, channel = (item - group * pieces) * Width;
  const int64_t image = group / groups, first = (group - image * groups) * kPixelsPerThread;
  if (image >= images) return;
  float part[Width];
  read_piece(dy + image * channels + channel, part);
  const float count = static_cast<float>(pixels);
#pragma unroll
  for (int c = 0; c < Width; ++c) part[c] /= count;
  T* to = dx + (image * pixels + first) * channels + channel;
#pragma unroll
  for (int i = 0; i < kPixelsPerThread; ++i) {
    if (first + i < pixels) write_piece(to + i * channels, part);
  }
}

// Calls body(type, width) for `maps` [N,H,W,C] and `means` [N,C].
template <class Body>
oct_status with_pieces(const oct_tensor& maps, const oct_tensor& means, Body&& body) {
  return with_float_type(maps.dtype, [&](auto type) {
    constexpr int kWidth = kPiece<decltype(type)>;
    if (maps.shape[3] % kWidth == 0 && aligned({maps.data, means.data})) return body(type, std::integral_constant<int, kWidth>{});
    return body(type, std::integral_constant<int, 1>{});
  });
}

}  // namespace

OCT_NO_WORKSPACE(global_average_pool_forward)
oct_status global_average_pool_forward(Launches& launches, const oct_global_average_pool_forward_args& a, void*) {
  const oct_tensor &x = a.x, &y = a.y;
  return with_pieces(x, y, [&](auto type, auto width) {
    using T = decltype(type);
    constexpr int kWidth = decltype(width)::value;
    const int64_t images = x.shape[0], channels = x.shape[3];
    const gpu::LaunchShape shape{dim3(static_cast<unsigned>(gpu::ceil_div<int64_t>(images * (channels / kWidth), kPoolThreads))),
                                 dim3(kPoolThreads)};
    return launch(launches, "mean_of_pixels", mean_of_pixels<T, kWidth>, shape, data<T>(x), images, x.shape[1] * x.shape[2], channels,
                  data<T>(y));
  });
}

OCT_NO_WORKSPACE(global_average_pool_backward)
oct_status global_average_pool_backward(Launches& launches, const oct_global_average_pool_backward_args& a, void*) {
  const oct_tensor &dy = a.dy, &dx = a.dx;
  return with_pieces(dx, dy, [&](auto type, auto width) {
    using T = decltype(type);
    constexpr int kWidth = decltype(width)::value;
    const int64_t images = dx.shape[0], pixels = dx.shape[1] * dx.shape[2], channels = dx.shape[3];
    const int64_t items = images * gpu::ceil_div<int64_t>(pixels, kPixelsPerThread) * (channels / kWidth);
    const gpu::LaunchShape shape{element_blocks(items, 1, 1), dim3(kElementThreads)};
    return launch(launches, "spread_over_pixels", spread_over_pixels<T, kWidth>, shape, data<T>(dy), images, pixels, channels, data<T>(dx));
  });
}

}  // namespace oct::cuda
