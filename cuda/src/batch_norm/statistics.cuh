// Mean and variance of every channel of x [M,C], and the normalization that they are for.
#pragma once
#include "batch_norm/rows.cuh"

namespace oct::cuda {

// Each chunk's mean and sum of squared deviations. A thread sums distances from its own first row, so nothing cancels that is larger
// than the deviation of at most 64 values; the lanes' results are merged as distances from the first lane's, which is kept separate from
// the mean's correction: added to a mean far above the deviation, the correction would be rounded away. partial f32[chunks,3,C]: reference,
// correction, squares; the mean is reference + correction. Bound: one read of x.
template <class T, int Width>
__global__ void __launch_bounds__(kNormThreads) batch_norm_statistics(const T* x, NormRows r, float* partial) {
  GPU_SHARED(float, shifts, [kNormThreads * Width]);
  GPU_SHARED(float, corrections, [kNormThreads * Width]);
  GPU_SHARED(float, squares, [kNormThreads * Width]);
  constexpr int kRows = 4;
  const NormThread<Width> me(r);
  if (me.count > 0) {
    const T* from = x + me.element;
    float shift[Width], sum[Width] = {}, square[Width] = {};
    read_piece(from, shift);
    for (int32_t row = 1; row < me.count; row += kRows) {
      float values[kRows][Width];
#pragma unroll
      for (int i = 0; i < kRows; ++i) {
        if (row + i < me.count) read_piece(from + (row + i) * me.step, values[i]);
      }
#pragma unroll
      for (int i = 0; i < kRows; ++i) {
        if (row + i >= me.count) continue;
#pragma unroll
        for (int c = 0; c < Width; ++c) {
          const float distance = values[i][c] - shift[c];
          sum[c] += distance;
          square[c] = fmaf(distance, distance, square[c]);
        }
      }
    }
    const float inverse = 1.0f / static_cast<float>(me.count);
#pragma unroll
    for (int c = 0; c < Width; ++c) {
      const float correction = sum[c] * inverse;
      square[c] -= sum[c] * correction;
      sum[c] = correction;
    }
    const int32_t at = static_cast<int32_t>(threadIdx.x) * Width;
    write_piece(&shifts[at], shift);
    write_piece(&corrections[at], sum);
    write_piece(&squares[at], square);
  }
  __syncthreads();
  const int32_t width = r.columns * Width, c = static_cast<int32_t>(threadIdx.x);
  if (c >= width || me.first_channel + c >= r.channels) return;
  const int32_t lanes = r.lanes < me.rows ? r.lanes : me.rows;
  const float reference = shifts[c];
  float total = 0, square = 0;
  for (int32_t lane = 0; lane < lanes; ++lane) {
    const int32_t at = lane * width + c;
    total = fmaf(static_cast<float>(me.rows_of(r, lane)), (shifts[at] - reference) + corrections[at], total);
  }
  const float correction = total / static_cast<float>(me.rows);
  for (int32_t lane = 0; lane < lanes; ++lane) {
    const int32_t at = lane * width + c;
    const float off = (shifts[at] - reference) + corrections[at] - correction;
    square += fmaf(static_cast<float>(me.rows_of(r, lane)) * off, off, squares[at]);
  }
  float* to = partial + me.chunk * kNormPartials * r.channels + me.first_channel + c;
  to[0] = reference;
  to[r.channels] = correction;
  to[2 * r.channels] = square;
}

struct NormStatistics {
  float *running_mean, *running_variance;  // both or none null
  float *saved_mean, *saved_rstd;
  float epsilon, momentum;
};

// Merges the chunks [Chan, Golub & LeVeque 1979] as distances from the first chunk's mean, in F64: C values, so that its rate does not
// matter. Bound: 12 bytes per channel and chunk, from L2.
__global__ void __launch_bounds__(kMergeChannels* kMergeParts)
    batch_norm_merge_statistics(const float* partial, NormRows r, NormStatistics out) {
  GPU_SHARED(double, parts, [3][kMergeParts][kMergeChannels]);
  const int32_t slot = static_cast<int32_t>(threadIdx.x) % kMergeChannels, part = static_cast<int32_t>(threadIdx.x) / kMergeChannels;
  const int64_t channel = static_cast<int64_t>(blockIdx.x) * kMergeChannels + slot;
  double reference = 0, total = 0, off_squares = 0, squares = 0;
  if (channel < r.channels) {
    reference = static_cast<double>(partial[channel]);
    const int64_t begin = r.chunks * part / kMergeParts, end = r.chunks * (part + 1) / kMergeParts;
    const float* from = partial + begin * kNormPartials * r.channels + channel;
#pragma unroll 4
    for (int64_t chunk = begin; chunk < end; ++chunk, from += kNormPartials * r.channels) {
      const int64_t left = r.rows - chunk * r.chunk_rows;
      const double count = static_cast<double>(left < r.chunk_rows ? left : r.chunk_rows);
      const double off = (static_cast<double>(from[0]) - reference) + static_cast<double>(from[r.channels]);
      total += count * off;
      off_squares += count * off * off;
      squares += static_cast<double>(from[2 * r.channels]);
    }
  }
  parts[0][part][slot] = total;
  parts[1][part][slot] = off_squares;
  parts[2][part][slot] = squares;
  __syncthreads();
  if (part != 0 || channel >= r.channels) return;
  for (int other = 1; other < kMergeParts; ++other) {
    total += parts[0][other][slot];
    off_squares += parts[1][other][slot];
    squares += parts[2][other][slot];
  }
  const double count = static_cast<double>(r.rows), correction = total / count;
  const double mean = reference + correction;
  double variance = (squares + (off_squares - total * correction)) / count;
  variance = variance < 0 ? 0 : variance;  // rounding of the squares of equal values; NaN stays
  out.saved_mean[channel] = static_cast<float>(mean);
  out.saved_rstd[channel] = static_cast<float>(1.0 / sqrt(variance + static_cast<double>(out.epsilon)));
  if (out.running_mean == nullptr) return;
  const double take = static_cast<double>(out.momentum), keep = 1.0 - take;
  out.running_mean[channel] = static_cast<float>(keep * static_cast<double>(out.running_mean[channel]) + take * mean);
  out.running_variance[channel] =
      static_cast<float>(keep * static_cast<double>(out.running_variance[channel]) + take * (variance * (count / (count - 1))));
}

// y = relu?((x - mean) rstd weight + bias + residual). The mean is subtracted first: folded into the bias it would cost the digits that
// |mean| / deviation takes. Chunks are walked from their end, which the pass before read last: it is what L2 still holds.
// Bound: 1 or 2 reads and 1 write of M C elements.
template <class T, int Width>
__global__ void __launch_bounds__(kNormThreads)
    batch_norm_apply(const T* x, NormRows r, Normalizer by, const float* weight, const float* bias, const T* residual, float floor, T* y) {
  constexpr int kRows = 2;
  const NormThread<Width> me(r);
  if (me.count == 0) return;
  float mean[Width], scale[Width], shift[Width];
#pragma unroll
  for (int c = 0; c < Width; ++c) {
    mean[c] = by.mean[me.channel + c];
    scale[c] = weight[me.channel + c] * by.rstd_of(me.channel + c);
    shift[c] = bias[me.channel + c];
  }
  for (int32_t row = me.count - 1; row >= 0; row -= kRows) {
    float values[kRows][Width], rest[kRows][Width];
#pragma unroll
    for (int i = 0; i < kRows; ++i) {
      if (row - i >= 0) read_piece(x + me.element + (row - i) * me.step, values[i]);
    }
    if (residual != nullptr) {
#pragma unroll
      for (int i = 0; i < kRows; ++i) {
        if (row - i >= 0) read_piece(residual + me.element + (row - i) * me.step, rest[i]);
      }
    }
#pragma unroll
    for (int i = 0; i < kRows; ++i) {
      if (row - i < 0) continue;
#pragma unroll
      for (int c = 0; c < Width; ++c) {
        float value = fmaf(values[i][c] - mean[c], scale[c], shift[c]);
        if (residual != nullptr) value += rest[i][c];
        values[i][c] = value < floor ? floor : value;  // NaN stays
      }
      write_piece(y + me.element + (row - i) * me.step, values[i]);
    }
  }
}

}  // namespace oct::cuda
