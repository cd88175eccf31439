// Grouped convolutions of every shape, forward and backward_data, by multiply-adds of threads.
#pragma once
#include "grouped_conv/moments.cuh"

namespace oct::cuda {

constexpr int kDirectThreads = 256;
constexpr int kDirectPixels = 4;  // outputs of a thread side by side in a row

// `in` and `out` are x and y, or dy and dx in backward_data (Transposed).
struct DirectShape {
  int64_t quads;        // groups of 4 outputs: n out_h classes quads_per_class
  int64_t in_c, out_c;  // of all groups
  int32_t out_h, out_w, in_h, in_w;
  int32_t spacing, classes;           // the 4 outputs of a quad are `spacing` columns apart, from one of `classes` first columns
  int32_t quads_per_class;            // in a row
  int32_t in_channels, out_channels;  // of one group
  int32_t r, s;
  int32_t stride_h, stride_w, padding_h, padding_w, dilation_h, dilation_w;
  int32_t channel_threads;  // of a block, a power of two; the others are for quads
  int32_t channel_tiles;    // blocks of one set of quads
  int32_t steps;            // quads of a thread
};

struct DirectFusion {
  const float *scale, *shift;  // [in_c], or null: no prologue
  int32_t relu;
  const float* bias;  // [out_c], or null
  float4* moments;    // [pixel tiles][out_c], or null
};

// Width consecutive elements as float.
template <int Width, class T>
GPU_INLINE void read_channels(const T* from, float (&to)[Width]) {
  if constexpr (Width == 1) {
    to[0] = gpu::to_float(*from);
  } else if constexpr (sizeof(T) == 4) {
    const uint4 bits = gpu::load16(from);
    to[0] = __uint_as_float(bits.x);
    to[1] = __uint_as_float(bits.y);
    to[2] = __uint_as_float(bits.z);
    to[3] = __uint_as_float(bits.w);
  } else {
    const uint2 bits = gpu::load8(from);
    to[0] = gpu::low_bf16(bits.x);
    to[1] = gpu::high_bf16(bits.x);
    to[2] = gpu::low_bf16(bits.y);
    to[3] = gpu::high_bf16(bits.y);
  }
}

template <int Width, class T>
GPU_INLINE void write_channels(T* to, const float (&from)[Width]) {
  if constexpr (Width == 1) {
    *to = gpu::from_float<T>(from[0]);
  } else if constexpr (sizeof(T) == 4) {
    gpu::store16(to, {__float_as_uint(from[0]), __float_as_uint(from[1]), __float_as_uint(from[2]), __float_as_uint(from[3])});
  } else {
    gpu::store8(to, {gpu::pack_bf16(from[0], from[1]), gpu::pack_bf16(from[2], from[3])});
  }
}

// relu?(x scale + shift), rounded to T.
template <class T>
GPU_INLINE float transformed_value(float x, float scale, float shift, bool relu) {
  const float value = fmaf(x, scale, shift);
  return gpu::to_float(gpu::from_float<T>(relu && value < 0 ? 0 : value));  // NaN stays NaN
}

// The weight as the kernel below reads it, in F32: [r,s,input channel of the group][output channel of all], so that neighbors among
// threads read neighbors in memory. Transposed: outputs are the channels of x.
template <class T, bool Transposed>
__global__ void __launch_bounds__(256) grouped_conv_direct_weight(const T* weight, float* packed, int64_t count, int64_t taps,
                                                                  int64_t channels, int64_t filters, int64_t outputs) {
  const int64_t i = static_cast<int64_t>(blockIdx.x) * 256 + threadIdx.x;
  if (i >= count) return;
  const int64_t row = i / outputs, output = i - row * outputs;
  const int64_t inputs = Transposed ? filters : channels;
  const int64_t tap = row / inputs, input = row - tap * inputs;
  const int64_t k = Transposed ? output / channels * filters + input : output;
  const int64_t c = Transposed ? output % channels : input;
  packed[i] = gpu::to_float(weight[(k * taps + tap) * channels + c]);
}

// Where the 4 outputs of a quad lie.
struct DirectQuad {
  int64_t line, n;    // n out_h + y
  int32_t y, column;  // of the first

  GPU_INLINE DirectQuad(const DirectShape& s, int64_t quad) {
    line = quad / (s.classes * s.quads_per_class);
    const int32_t place = static_cast<int32_t>(quad - line * (s.classes * s.quads_per_class));
    column = place / s.quads_per_class + place % s.quads_per_class * kDirectPixels * s.spacing;
    n = line / s.out_h;
    y = static_cast<int32_t>(line - n * s.out_h);
  }
};

// The place along one axis that output `at` reads at a tap; false where a gradient has none, because the stride leaves it out.
template <bool Transposed>
GPU_INLINE bool find_input(int32_t at, int32_t tap, int32_t stride, int32_t padding, int32_t dilation, int32_t* input) {
  *input = at * (Transposed ? 1 : stride) - (tap * dilation - padding) * (Transposed ? 1 : -1);
  if (Transposed && stride > 1) {
    if (*input % stride != 0) return false;
    *input /= stride;
  }
  return true;
}

// The pixels that the 4 outputs of a quad read at one tap; returns whether any lies inside.
template <class T>
GPU_INLINE bool find_pixels(const T* line, int32_t first, int32_t step, int32_t in_w, int64_t in_c, const T* (&pixel)[kDirectPixels],
                            bool (&inside)[kDirectPixels]) {
  bool any = false;
#pragma unroll
  for (int32_t i = 0; i < kDirectPixels; ++i) {
    const int32_t x = first + i * step;
    inside[i] = x >= 0 && x < in_w;
    any = any || inside[i];
    pixel[i] = line + (inside[i] ? x : 0) * in_c;
  }
  return any;
}

// Width channels of each of them, from channel c of the group on; zeros outside.
template <int Width, class T>
GPU_INLINE void read_pixels(const T* const (&pixel)[kDirectPixels], const bool (&inside)[kDirectPixels], int32_t c,
                            float (&values)[kDirectPixels][Width]) {
#pragma unroll
  for (int32_t i = 0; i < kDirectPixels; ++i) {
    if (inside[i]) {
      read_channels(pixel[i] + c, values[i]);
    } else {
#pragma unroll
      for (int32_t j = 0; j < Width; ++j) values[i][j] = 0;
    }
  }
}

// The prologue of forward_fused on them. What is outside stays zero.
template <class T, int Width>
GPU_INLINE void transform_pixels(const float* scales, const float* shifts, bool relu, const bool (&inside)[kDirectPixels],
                                 float (&values)[kDirectPixels][Width]) {
  float scale[Width], shift[Width];
#pragma unroll
  for (int32_t j = 0; j < Width; ++j) {
    scale[j] = scales[j];
    shift[j] = shifts[j];
  }
#pragma unroll
  for (int32_t i = 0; i < kDirectPixels; ++i) {
#pragma unroll
    for (int32_t j = 0; j < Width; ++j) {
      const float value = transformed_value<T>(values[i][j], scale[j], shift[j], relu);
      values[i][j] = inside[i] ? value : 0;
    }
  }
}

// Adds the products of Width input channels; weight: of the first of them.
template <int Width, int OutWidth>
GPU_INLINE void multiply_channels(const float (&values)[kDirectPixels][Width], const float* weight, int64_t pitch,
                                  float (&sums)[kDirectPixels][OutWidth]) {
#pragma unroll
  for (int32_t j = 0; j < Width; ++j) {
    float w[OutWidth];
    read_channels(weight + j * pitch, w);
#pragma unroll
    for (int32_t i = 0; i < kDirectPixels; ++i) {
#pragma unroll
      for (int32_t o = 0; o < OutWidth; ++o) sums[i][o] = fmaf(values[i][j], w[o], sums[i][o]);
    }
  }
}

// A thread has OutWidth channels of 4 outputs at a time and walks over taps and InWidth input channels of its group; a warp's threads share
// a pixel's inputs (broadcast) and read neighboring weights. All 4 outputs of a quad see the same taps, also where backward_data goes
// from outputs to every stride-th column: the quad's columns are a stride apart.
// Bound: 2 M K R S C/G FLOPs of the FMA units with both widths 4, where 8 loads serve 64 multiply-adds; the loads with less: 5 for 16
// (InWidth 1), 5 for 4 (both 1).
template <class T, int OutWidth, int InWidth, bool Transposed>
__global__ void __launch_bounds__(kDirectThreads, 2)
    grouped_conv_direct(const T* in, const float* weight, T* out, const GPU_GRID_CONSTANT DirectShape s, DirectFusion fusion) {
  const int32_t lane = static_cast<int32_t>(threadIdx.x) % s.channel_threads, row = static_cast<int32_t>(threadIdx.x) / s.channel_threads;
  const int32_t rows = kDirectThreads / s.channel_threads;
  const int64_t tile = static_cast<int64_t>(blockIdx.x) / s.channel_tiles;
  const int64_t channel_tile = static_cast<int64_t>(blockIdx.x) - tile * s.channel_tiles;
  const int64_t channel = (channel_tile * s.channel_threads + lane) * OutWidth;
  const bool exists = channel < s.out_c;
  RunningMoments moments[OutWidth];
  for (int32_t step = 0; exists && step < s.steps; ++step) {
    const int64_t quad = (tile * s.steps + step) * rows + row;
    if (quad >= s.quads) break;
    const DirectQuad at(s, quad);
    const int64_t first_input = channel / s.out_channels * s.in_channels;
    float sums[kDirectPixels][OutWidth];
#pragma unroll
    for (int32_t o = 0; o < OutWidth; ++o) {
      sums[0][o] = fusion.bias == nullptr ? 0 : fusion.bias[channel + o];
#pragma unroll
      for (int32_t i = 1; i < kDirectPixels; ++i) sums[i][o] = sums[0][o];
    }
    for (int32_t r = 0; r < s.r; ++r) {
      int32_t in_y;
      if (!find_input<Transposed>(at.y, r, s.stride_h, s.padding_h, s.dilation_h, &in_y) || in_y < 0 || in_y >= s.in_h) continue;
      const T* in_line = in + (at.n * s.in_h + in_y) * s.in_w * s.in_c + first_input;
      for (int32_t t = 0; t < s.s; ++t) {
        int32_t in_x;
        if (!find_input<Transposed>(at.column, t, s.stride_w, s.padding_w, s.dilation_w, &in_x)) continue;
        const T* pixel[kDirectPixels];
        bool inside[kDirectPixels];
        if (!find_pixels(in_line, in_x, Transposed ? 1 : s.stride_w, s.in_w, s.in_c, pixel, inside)) continue;
        const float* tap = weight + (static_cast<int64_t>(r) * s.s + t) * s.in_channels * s.out_c + channel;
        // Not unrolled further by the compiler's own choice: that spilled.
#pragma unroll(InWidth == 1 ? 2 : 1)
        for (int32_t c = 0; c < s.in_channels; c += InWidth) {
          float values[kDirectPixels][InWidth];
          read_pixels(pixel, inside, c, values);
          if (!Transposed && fusion.scale != nullptr) {
            const int64_t input = first_input + c;
            transform_pixels<T>(fusion.scale + input, fusion.shift + input, fusion.relu != 0, inside, values);
          }
          multiply_channels(values, tap + c * s.out_c, s.out_c, sums);
        }
      }
    }
#pragma unroll
    for (int32_t i = 0; i < kDirectPixels; ++i) {
      const int32_t x = at.column + i * s.spacing;
      if (x >= s.out_w) break;
      write_channels(out + (at.line * s.out_w + x) * s.out_c + channel, sums[i]);
      if constexpr (!Transposed) {
        if (fusion.moments == nullptr) continue;
#pragma unroll
        for (int32_t o = 0; o < OutWidth; ++o) moments[o].add(gpu::to_float(gpu::from_float<T>(sums[i][o])));
      }
    }
  }
  if constexpr (!Transposed) {
    if (fusion.moments == nullptr) return;
    GPU_SHARED(float4, parts, [kDirectThreads * OutWidth]);  // [rows][channel_threads OutWidth]
#pragma unroll
    for (int32_t o = 0; o < OutWidth; ++o) parts[static_cast<int32_t>(threadIdx.x) * OutWidth + o] = moments[o].finished();
    __syncthreads();
    const int32_t width = s.channel_threads * OutWidth, mine = static_cast<int32_t>(threadIdx.x);
    if (mine >= width || channel_tile * width + mine >= s.out_c) return;
    float4 all = parts[mine];
    for (int32_t other = 1; other < rows; ++other) all = merged_moments(all, parts[other * width + mine]);
    fusion.moments[tile * s.out_c + channel_tile * width + mine] = all;
  }
}

}  // namespace oct::cuda
