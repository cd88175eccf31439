// Gradients of batch normalization: sums over the rows of dy and dy (x - mean), then, where the statistics were the batch's, a second
// pass for dx.
#pragma once
#include "batch_norm/rows.cuh"

namespace oct::cuda {

template <class T>
struct NormGradients {
  const T *x, *y, *dy;  // y: null without ReLU
  T *dx, *dresidual;    // each may be null: not written
};

// dy of one piece, masked where y <= 0.
template <int Width, class T>
GPU_INLINE void read_masked(const NormGradients<T>& g, int64_t element, float (&gradient)[Width]) {
  read_piece(g.dy + element, gradient);
  if (g.y == nullptr) return;
  float output[Width];
  read_piece(g.y + element, output);
#pragma unroll
  for (int c = 0; c < Width; ++c) gradient[c] = output[c] > 0.0f ? gradient[c] : 0.0f;
}

// Each chunk's sums of dy and of dy (x - mean), dy masked where y <= 0; writes dresidual. With constant statistics dx is weight rstd dy
// and is written in the same pass. partial f32[chunks,3,C], of which two thirds are used.
// Bound: 2 or 3 reads of M C elements, a write each for dresidual and dx.
template <class T, int Width, bool Constant>
__global__ void __launch_bounds__(kNormThreads, 2)
    batch_norm_gradient_sums(NormGradients<T> g, NormRows r, Normalizer by, const float* weight, float* partial) {
  GPU_SHARED(float, plain, [kNormThreads * Width]);
  GPU_SHARED(float, weighted, [kNormThreads * Width]);
  constexpr int kRows = 2;
  const NormThread<Width> me(r);
  if (me.count > 0) {
    float mean[Width], scale[Width], sum[Width] = {}, dot[Width] = {};
#pragma unroll
    for (int c = 0; c < Width; ++c) {
      mean[c] = by.mean[me.channel + c];
      if constexpr (Constant) scale[c] = weight[me.channel + c] * by.rstd_of(me.channel + c);
    }
#pragma unroll 1
    for (int32_t row = 0; row < me.count; row += kRows) {
      float gradient[kRows][Width], input[kRows][Width];
#pragma unroll
      for (int i = 0; i < kRows; ++i) {
        if (row + i >= me.count) continue;
        read_piece(g.x + me.element + (row + i) * me.step, input[i]);
        read_masked(g, me.element + (row + i) * me.step, gradient[i]);
      }
#pragma unroll
      for (int i = 0; i < kRows; ++i) {
        if (row + i >= me.count) continue;
#pragma unroll
        for (int c = 0; c < Width; ++c) {
          sum[c] += gradient[i][c];
          dot[c] = fmaf(gradient[i][c], input[i][c] - mean[c], dot[c]);
        }
        if (g.dresidual != nullptr) write_piece(g.dresidual + me.element + (row + i) * me.step, gradient[i]);
        if constexpr (Constant) {
#pragma unroll
          for (int c = 0; c < Width; ++c) gradient[i][c] *= scale[c];
          write_piece(g.dx + me.element + (row + i) * me.step, gradient[i]);
        }
      }
    }
    write_piece(&plain[threadIdx.x * Width], sum);
    write_piece(&weighted[threadIdx.x * Width], dot);
  }
  __syncthreads();
  const int32_t width = r.columns * Width, c = static_cast<int32_t>(threadIdx.x);
  if (c >= width || me.first_channel + c >= r.channels) return;
  const int32_t lanes = r.lanes < me.rows ? r.lanes : me.rows;
  float sum = 0, dot = 0;
  for (int32_t lane = 0; lane < lanes; ++lane) {
    sum += plain[lane * width + c];
    dot += weighted[lane * width + c];
  }
  float* to = partial + me.chunk * kNormPartials * r.channels + me.first_channel + c;
  to[0] = sum;
  to[r.channels] = dot;
}

// dbias = sum of dy, dweight = rstd times the sum of dy (x - mean), merged in F64. Bound: 8 bytes per channel and chunk, from L2.
__global__ void __launch_bounds__(kMergeChannels* kMergeParts)
    batch_norm_merge_gradients(const float* partial, NormRows r, Normalizer by, float* dweight, float* dbias) {
  GPU_SHARED(double, parts, [2][kMergeParts][kMergeChannels]);
  const int32_t slot = static_cast<int32_t>(threadIdx.x) % kMergeChannels, part = static_cast<int32_t>(threadIdx.x) / kMergeChannels;
  const int64_t channel = static_cast<int64_t>(blockIdx.x) * kMergeChannels + slot;
  double sum = 0, dot = 0;
  if (channel < r.channels) {
    const int64_t begin = r.chunks * part / kMergeParts, end = r.chunks * (part + 1) / kMergeParts;
    const float* from = partial + begin * kNormPartials * r.channels + channel;
#pragma unroll 4
    for (int64_t chunk = begin; chunk < end; ++chunk, from += kNormPartials * r.channels) {
      sum += static_cast<double>(from[0]);
      dot += static_cast<double>(from[r.channels]);
    }
  }
  parts[0][part][slot] = sum;
  parts[1][part][slot] = dot;
  __syncthreads();
  if (part != 0 || channel >= r.channels) return;
  for (int other = 1; other < kMergeParts; ++other) {
    sum += parts[0][other][slot];
    dot += parts[1][other][slot];
  }
  dbias[channel] = static_cast<float>(sum);
  dweight[channel] = static_cast<float>(dot * static_cast<double>(by.rstd_of(channel)));
}

// dx = weight rstd (dy - dbias / M - (x - mean) rstd dweight / M). Walks chunks from their end, as batch_norm_apply.
// Bound: 2 or 3 reads and 1 write of M C elements.
template <class T, int Width>
__global__ void __launch_bounds__(kNormThreads)
    batch_norm_data_gradient(NormGradients<T> g, NormRows r, Normalizer by, const float* weight, const float* dweight, const float* dbias) {
  constexpr int kRows = 2;
  const NormThread<Width> me(r);
  if (me.count == 0) return;
  const float inverse = 1.0f / static_cast<float>(r.rows);
  float mean[Width], scale[Width], offset[Width], slope[Width];
#pragma unroll
  for (int c = 0; c < Width; ++c) {
    const float rstd = by.rstd_of(me.channel + c);
    mean[c] = by.mean[me.channel + c];
    scale[c] = weight[me.channel + c] * rstd;
    offset[c] = dbias[me.channel + c] * inverse;
    slope[c] = -dweight[me.channel + c] * inverse * rstd;
  }
  for (int32_t row = me.count - 1; row >= 0; row -= kRows) {
    float gradient[kRows][Width], input[kRows][Width];
#pragma unroll
    for (int i = 0; i < kRows; ++i) {
      if (row - i < 0) continue;
      read_piece(g.x + me.element + (row - i) * me.step, input[i]);
      read_masked(g, me.element + (row - i) * me.step, gradient[i]);
    }
#pragma unroll
    for (int i = 0; i < kRows; ++i) {
      if (row - i < 0) continue;
#pragma unroll
      for (int c = 0; c < Width; ++c) {
        gradient[i][c] = fmaf(input[i][c] - mean[c], slope[c], gradient[i][c] - offset[c]) * scale[c];
      }
      write_piece(g.dx + me.element + (row - i) * me.step, gradient[i]);
    }
  }
}

}  // namespace oct::cuda
