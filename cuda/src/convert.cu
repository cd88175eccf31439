// Bound: 2 streams, 6 bytes an element from one float type to the other.
#include "element_wise.cuh"
#include "kernels.h"

namespace oct::cuda {
namespace {

struct Same {
  static GPU_INLINE float of(const float (&x)[1]) { return x[0]; }
};

size_t bytes_of(oct_dtype dtype) { return dtype == OCT_I64 ? 8 : dtype == OCT_BF16 ? 2 : dtype == OCT_U8 ? 1 : 4; }

// Bytes of any type; a float's bits stay what they are, NaN's too.
__global__ void __launch_bounds__(kElementThreads) copy_bytes(const uint8_t* x, uint8_t* y, int64_t bytes, bool wide) {
  constexpr int kPieces = kElementPieces<1>;
  const int64_t first = static_cast<int64_t>(blockIdx.x) * kPieces * kElementThreads + threadIdx.x;
  uint4 values[kPieces];
#pragma unroll
  for (int piece = 0; piece < kPieces; ++piece) {
    const int64_t at = (first + piece * kElementThreads) * 16;
    if (wide && at + 16 <= bytes) values[piece] = gpu::load16_once(x + at);
  }
#pragma unroll
  for (int piece = 0; piece < kPieces; ++piece) {
    const int64_t at = (first + piece * kElementThreads) * 16;
    if (wide && at + 16 <= bytes) {
      gpu::store16(y + at, values[piece]);
    } else {
      for (int64_t i = at; i < at + 16 && i < bytes; ++i) y[i] = x[i];
    }
  }
}

// What a channel is scaled by; host arrays do not outlive the call, so they go with the launch.
struct PixelScales {
  float scale[4], shift[4];
};

// y = x scale + shift. A thread makes 8 values, whose channels begin anywhere: 8 of them hold each of C <= 4 channels twice at most.
// Bound: 1 byte read, 2 or 4 written a value.
template <class T>
__global__ void __launch_bounds__(kElementThreads)
    normalize_values(const uint8_t* x, T* y, int64_t count, int32_t channels, PixelScales by, bool wide) {
  constexpr int kCount = 8;
  const int64_t at = (static_cast<int64_t>(blockIdx.x) * kElementThreads + threadIdx.x) * kCount;
  if (at >= count) return;
  const bool whole = wide && at + kCount <= count;
  float values[kCount];
  if (whole) {
    const uint2 bytes = gpu::load8(x + at);
#pragma unroll
    for (int i = 0; i < kCount; ++i) values[i] = static_cast<float>((i < 4 ? bytes.x : bytes.y) >> (i % 4 * 8) & 0xffu);
  } else {
#pragma unroll
    for (int i = 0; i < kCount; ++i) values[i] = at + i < count ? static_cast<float>(x[at + i]) : 0.0f;
  }
  int32_t channel = static_cast<int32_t>(at % channels);
#pragma unroll
  for (int i = 0; i < kCount; ++i) {
    // Selections, since an array that is indexed at run time would lie in local memory.
    const float scale = channel == 0 ? by.scale[0] : channel == 1 ? by.scale[1] : channel == 2 ? by.scale[2] : by.scale[3];
    const float shift = channel == 0 ? by.shift[0] : channel == 1 ? by.shift[1] : channel == 2 ? by.shift[2] : by.shift[3];
    values[i] = fmaf(values[i], scale, shift);
    channel = channel + 1 == channels ? 0 : channel + 1;
  }
  if (whole) {
    write_wide(y + at, values);
  } else {
    write_narrow(y + at, count - at, values);
  }
}

}  // namespace

oct_status convert(oct_context* context, const oct_tensor* x, const oct_tensor* y) {
  const int64_t count = elements(x);
  if (x->dtype == OCT_F32 && y->dtype == OCT_BF16) {
    return launch_element_wise<Same, 1, float, gpu::bf16>(context, "convert", {{data<float>(x)}, data<gpu::bf16>(y), count, false});
  }
  if (x->dtype == OCT_BF16 && y->dtype == OCT_F32) {
    return launch_element_wise<Same, 1, gpu::bf16, float>(context, "convert", {{data<gpu::bf16>(x)}, data<float>(y), count, false});
  }
  const int64_t bytes = count * static_cast<int64_t>(bytes_of(x->dtype));
  const gpu::LaunchShape shape{element_blocks(bytes, 16, kElementPieces<1>), dim3(kElementThreads)};
  return launch(context, "copy_bytes", copy_bytes, shape, data<uint8_t>(x), data<uint8_t>(y), bytes, aligned_16({x->data, y->data}));
}

oct_status normalize_pixels(oct_context* context, const oct_tensor* x, const float* mean, const float* deviation, const oct_tensor* y) {
  PixelScales by{};
  for (int64_t c = 0; c < x->shape[3]; ++c) {
    const double divisor = static_cast<double>(deviation[c]);
    by.scale[c] = static_cast<float>(1 / (255 * divisor));
    by.shift[c] = static_cast<float>(-static_cast<double>(mean[c]) / divisor);
  }
  const int64_t count = elements(x);
  const bool wide = aligned_16({y->data}) && reinterpret_cast<uintptr_t>(x->data) % 8 == 0;
  const gpu::LaunchShape shape{element_blocks(count, 8, 1), dim3(kElementThreads)};
  return with_float_type(y->dtype, [&](auto type) {
    using T = decltype(type);
    return launch(context, "normalize_pixels", normalize_values<T>, shape, data<uint8_t>(x), data<T>(y), count,
                  static_cast<int32_t>(x->shape[3]), by, wide);
  });
}

}  // namespace oct::cuda
