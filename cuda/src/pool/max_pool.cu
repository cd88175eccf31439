// Maximum over windows. Both passes gather: a thread makes one piece of channels of one place, so every element is written once and sums
// have one order. Bound: forward one read of x (the windows' overlap comes from L1 and L2), one write of y and of the index; backward one
// read of dy and of the index, one write of dx.
#include "element_wise/element_wise.cuh"
#include "runtime/kernels.h"

namespace oct::cuda {
namespace {

struct PoolSizes {
  int64_t images, height, width, rows, columns, channels;  // x [N,H,W,C], y [N,P,Q,C]
  int64_t pieces;                                          // of a pixel
  int32_t kernel, stride, padding;
};

// The place and piece of channels that a thread makes, of a tensor [N,height,width,C].
struct PoolPlace {
  int64_t image, element;
  int64_t row, column, channel;
  GPU_INLINE PoolPlace(const PoolSizes& z, int64_t height, int64_t width, int piece) {
    const int64_t item = static_cast<int64_t>(blockIdx.x) * kElementThreads + threadIdx.x;
    const int64_t pixel = item / z.pieces;
    channel = (item - pixel * z.pieces) * piece;
    element = pixel * z.channels + channel;
    const int64_t line = pixel / width;
    column = pixel - line * width;
    image = line / height;
    row = line - image * height;
  }
};

// Places in windows, a byte per channel.
template <int Width>
GPU_INLINE void read_places(const uint8_t* from, uint32_t (&places)[Width]) {
  if constexpr (Width == 1) {
    places[0] = from[0];
  } else {
#pragma unroll
    for (int word = 0; word < Width; word += 4) {
      const uint32_t bytes = gpu::load4(from + word);
#pragma unroll
      for (int i = 0; i < 4; ++i) places[word + i] = bytes >> (8 * i) & 0xffu;
    }
  }
}

template <int Width>
GPU_INLINE void write_places(uint8_t* to, const uint32_t (&places)[Width]) {
  if constexpr (Width == 1) {
    to[0] = static_cast<uint8_t>(places[0]);
  } else {
#pragma unroll
    for (int word = 0; word < Width; word += 4) {
      gpu::store4(to + word, places[word] | places[word + 1] << 8 | places[word + 2] << 16 | places[word + 3] << 24);
    }
  }
}

// Kernel: the window's size where it is known when this is compiled, so that the loops unroll; 0: z.kernel.
template <class T, int Width, int Kernel>
__global__ void __launch_bounds__(kElementThreads) max_pool_windows(const T* x, PoolSizes z, T* y, uint8_t* index) {
  const PoolPlace at(z, z.rows, z.columns, Width);
  if (at.image >= z.images) return;
  const int32_t kernel = Kernel > 0 ? Kernel : z.kernel;
  const int64_t top = at.row * z.stride - z.padding, left = at.column * z.stride - z.padding;
  const T* from = x + ((at.image * z.height + top) * z.width + left) * z.channels + at.channel;
  // Every window has a place in the image. The first one wins where all are -inf.
  const uint32_t first = static_cast<uint32_t>((top < 0 ? -top : 0) * kernel + (left < 0 ? -left : 0));
  float best[Width];
  uint32_t places[Width];
#pragma unroll
  for (int c = 0; c < Width; ++c) {
    best[c] = -INFINITY;
    places[c] = first;
  }
  const auto line = [&](int32_t r) {
    if (top + r < 0 || top + r >= z.height) return;
#pragma unroll(Kernel > 0 ? Kernel : 1)
    for (int32_t s = 0; s < kernel; ++s) {
      if (left + s < 0 || left + s >= z.width) continue;
      float values[Width];
      read_piece(from + (r * z.width + s) * z.channels, values);
#pragma unroll
      for (int c = 0; c < Width; ++c) {
        // Greater, or the first NaN.
        if (values[c] <= best[c] || best[c] != best[c]) continue;
        best[c] = values[c];
        places[c] = static_cast<uint32_t>(r * kernel + s);
      }
    }
  };
#pragma unroll(Kernel > 0 ? Kernel : 1)
  for (int32_t r = 0; r < kernel; ++r) line(r);
  write_piece(y + at.element, best);
  if (index != nullptr) write_places(index + at.element, places);
}

// Windows [first, end) of `count` that hold a place of the padded image.
struct Covering {
  int64_t first, end;
  GPU_INLINE Covering(int64_t place, int64_t kernel, int64_t stride, int64_t count) {
    first = place < kernel ? 0 : (place - kernel) / stride + 1;
    end = place / stride + 1;
    end = end < count ? end : count;
  }
};

// The windows' gradients are added in row-major order.
template <class T, int Width>
__global__ void __launch_bounds__(kElementThreads) max_pool_winners(const T* dy, const uint8_t* index, PoolSizes z, T* dx) {
  const PoolPlace at(z, z.height, z.width, Width);
  if (at.image >= z.images) return;
  const int64_t down = at.row + z.padding, across = at.column + z.padding;
  const Covering high(down, z.kernel, z.stride, z.rows), wide(across, z.kernel, z.stride, z.columns);
  float sum[Width] = {};
  for (int64_t p = high.first; p < high.end; ++p) {
    const int64_t line = ((at.image * z.rows + p) * z.columns) * z.channels + at.channel;
    const int64_t row_of_window = (down - p * z.stride) * z.kernel;
#pragma unroll 2
    for (int64_t q = wide.first; q < wide.end; ++q) {
      const uint32_t place = static_cast<uint32_t>(row_of_window + across - q * z.stride);
      float gradient[Width];
      uint32_t winner[Width];
      read_piece(dy + line + q * z.channels, gradient);
      read_places(index + line + q * z.channels, winner);
#pragma unroll
      for (int c = 0; c < Width; ++c) sum[c] += winner[c] == place ? gradient[c] : 0.0f;
    }
  }
  write_piece(dx + at.element, sum);
}

// `maps` [N,H,W,C], `pooled` [N,P,Q,C]. A thread's piece is 16 bytes where the addresses allow, else one element.
PoolSizes sizes_of(const oct_max_pool& pool, const oct_tensor& maps, const oct_tensor& pooled, const oct_tensor& index, int piece) {
  PoolSizes z{maps.shape[0],
              maps.shape[1],
              maps.shape[2],
              pooled.shape[1],
              pooled.shape[2],
              maps.shape[3],
              maps.shape[3],
              static_cast<int32_t>(pool.kernel),
              static_cast<int32_t>(std::min<int64_t>(pool.stride, INT32_MAX)),
              static_cast<int32_t>(pool.padding)};
  if (z.channels % piece == 0 && aligned({maps.data, pooled.data, index.data})) {
    z.pieces = z.channels / piece;
  }
  return z;
}

gpu::LaunchShape pool_shape(int64_t pixels, int64_t pieces) { return {element_blocks(pixels * pieces, 1, 1), dim3(kElementThreads)}; }

}  // namespace

OCT_NO_WORKSPACE(max_pool_forward)
oct_status max_pool_forward(Launches& launches, const oct_max_pool_forward_args& a, void*) {
  return with_float_type(a.x.dtype, [&](auto type) {
    using T = decltype(type);
    constexpr int kWidth = kPiece<T>;
    const PoolSizes z = sizes_of(a.pool, a.x, a.y, a.index, kWidth);
    const auto kernel = z.pieces == z.channels ? max_pool_windows<T, 1, 0>
                        : z.kernel == 3        ? max_pool_windows<T, kWidth, 3>
                                               : max_pool_windows<T, kWidth, 0>;
    return launch(launches, "max_pool_windows", kernel, pool_shape(z.images * z.rows * z.columns, z.pieces), data<T>(a.x), z, data<T>(a.y),
                  data<uint8_t>(a.index));
  });
}

OCT_NO_WORKSPACE(max_pool_backward)
oct_status max_pool_backward(Launches& launches, const oct_max_pool_backward_args& a, void*) {
  return with_float_type(a.dx.dtype, [&](auto type) {
    using T = decltype(type);
    constexpr int kWidth = kPiece<T>;
    const PoolSizes z = sizes_of(a.pool, a.dx, a.dy, a.index, kWidth);
    const auto kernel = z.pieces == z.channels ? max_pool_winners<T, 1> : max_pool_winners<T, kWidth>;
    return launch(launches, "max_pool_winners", kernel, pool_shape(z.images * z.height * z.width, z.pieces), data<T>(a.dy),
                  data<uint8_t>(a.index), z, data<T>(a.dx));
  });
}

}  // namespace oct::cuda
