// backward_weight of a grouped convolution for every legal shape.
#pragma once
#include "grouped_conv/problem.h"
#include "runtime/launches.h"

namespace oct::cuda {

// A thread owns up to 4 channels of one filter tap of one output channel k and walks the pixels of its split. k is the fastest index over
// the threads: dy is read in full lines, and the threads of one group read the same x. dweight [K,R,S,C/G]; partial: one such array a
// split, of `pitch` floats. Bound: 5 loads for 4 multiply-adds, from L1.
template <class T>
__global__ void __launch_bounds__(256) grouped_conv_backward_weight_direct(const T* x, const T* dy, ConvExtents shape, int64_t units,
                                                                           int64_t rows_per_split, float* partial, int64_t pitch) {
  const int64_t unit = blockIdx.x * static_cast<int64_t>(256) + threadIdx.x;
  if (unit >= units) return;
  const int64_t k = unit % shape.k;
  const int64_t quads = (shape.channels + 3) / 4;
  const int64_t tap = unit / shape.k / quads;
  const int64_t channel = unit / shape.k % quads * 4;
  const int64_t r = tap / shape.s, s = tap % shape.s;

  // Channels past the last one of the group repeat it, and are not stored.
  const int64_t last = shape.channels - 1 - channel;
  const int64_t second = last < 1 ? 0 : 1, third = last < 2 ? 0 : 2, fourth = last < 3 ? 0 : 3;

  // The columns q whose input column q stride_w + left lies within x.
  const int64_t left = s * shape.dilation_w - shape.padding_w;
  const int64_t first_q = left >= 0 ? 0 : (-left + shape.stride_w - 1) / shape.stride_w;
  const int64_t room = shape.w - 1 - left;
  int64_t end_q = room < 0 ? 0 : room / shape.stride_w + 1;
  if (end_q > shape.q) end_q = shape.q;

  const int64_t end_row = (blockIdx.y + 1) * rows_per_split < shape.n * shape.p ? (blockIdx.y + 1) * rows_per_split : shape.n * shape.p;
  float sum[4] = {0, 0, 0, 0};
  for (int64_t row = blockIdx.y * rows_per_split; row < end_row; ++row) {
    const int64_t n = row / shape.p;
    const int64_t input_row = (row - n * shape.p) * shape.stride_h - shape.padding_h + r * shape.dilation_h;
    if (input_row < 0 || input_row >= shape.h) continue;
    const T* gradient = dy + (row * shape.q + first_q) * shape.k + k;
    const T* input = x + ((n * shape.h + input_row) * shape.w + first_q * shape.stride_w + left) * shape.c +
                     k / shape.filters * shape.channels + channel;
#pragma unroll 2
    for (int64_t q = first_q; q < end_q; ++q, gradient += shape.k, input += shape.stride_w * shape.c) {
      const float g = gpu::to_float(*gradient);
      sum[0] = fmaf(g, gpu::to_float(input[0]), sum[0]);
      sum[1] = fmaf(g, gpu::to_float(input[second]), sum[1]);
      sum[2] = fmaf(g, gpu::to_float(input[third]), sum[2]);
      sum[3] = fmaf(g, gpu::to_float(input[fourth]), sum[3]);
    }
  }
  float* to = partial + blockIdx.y * pitch + (k * shape.r * shape.s + tap) * shape.channels + channel;
  to[0] = sum[0];
  if (last >= 1) to[1] = sum[1];
  if (last >= 2) to[2] = sum[2];
  if (last >= 3) to[3] = sum[3];
}

}  // namespace oct::cuda
