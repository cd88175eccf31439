// The input of a network from pixels. Bound: 1 byte read, 2 or 4 written per value.
#include "element_wise/element_wise.cuh"
#include "images/pixel_scales.h"
#include "runtime/kernels.h"

namespace oct::cuda {
namespace {

// y = x scale + shift. A thread makes 8 values, whose channels begin anywhere: 8 of them hold each of C <= 4 channels twice at most.
template <class T>
__global__ void __launch_bounds__(kElementThreads)
    normalize_values(const uint8_t* x, T* y, int64_t count, int32_t channels, PixelScales<4> by, bool wide) {
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

OCT_NO_WORKSPACE(normalize_pixels)
oct_status normalize_pixels(Launches& launches, const oct_normalize_pixels_args& a, void*) {
  const oct_tensor &x = a.x, &y = a.y;
  const int64_t count = elements(x);
  const bool wide = aligned({y.data}) && aligned({x.data}, 8);
  const gpu::LaunchShape shape{element_blocks(count, 8, 1), dim3(kElementThreads)};
  return with_float_type(y.dtype, [&](auto type) {
    using T = decltype(type);
    return launch(launches, "normalize_pixels", normalize_values<T>, shape, data<uint8_t>(x), data<T>(y), count,
                  static_cast<int32_t>(x.shape[3]), pixel_scales<4>(a.mean, a.deviation, x.shape[3]), wide);
  });
}

}  // namespace oct::cuda
