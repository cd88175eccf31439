// Bound: 2 streams, 6 bytes per element from one float type to the other.
#include "element_wise/element_wise.cuh"
#include "runtime/kernels.h"

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

}  // namespace

OCT_NO_WORKSPACE(convert)
oct_status convert(Launches& launches, const oct_convert_args& a, void*) {
  const oct_tensor &x = a.x, &y = a.y;
  const int64_t count = elements(x);
  if (x.dtype == OCT_F32 && y.dtype == OCT_BF16) {
    return launch_element_wise<Same, 1, float, gpu::bf16>(launches, "convert", {{data<float>(x)}, data<gpu::bf16>(y), count, false});
  }
  if (x.dtype == OCT_BF16 && y.dtype == OCT_F32) {
    return launch_element_wise<Same, 1, gpu::bf16, float>(launches, "convert", {{data<gpu::bf16>(x)}, data<float>(y), count, false});
  }
  const int64_t bytes = count * static_cast<int64_t>(bytes_of(x.dtype));
  const gpu::LaunchShape shape{element_blocks(bytes, 16, kElementPieces<1>), dim3(kElementThreads)};
  return launch(launches, "copy_bytes", copy_bytes, shape, data<uint8_t>(x), data<uint8_t>(y), bytes, aligned({x.data, y.data}));
}

}  // namespace oct::cuda
