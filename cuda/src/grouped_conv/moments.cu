// The merge of partial moments.
#include "grouped_conv/moments.cuh"

namespace oct::cuda {

namespace {

constexpr int kMergedChannels = 8, kMergeLanes = 32;

// partial [parts][channels], the first of which is not empty; mean and biased variance of each channel. A thread adds every 32nd part, in
// F64 as distances from the first part's reference, then the 32 sums are added in order: C values, so that the rate of F64 does not matter.
// Bound: 16 bytes per channel and part, from L2.
__global__ void __launch_bounds__(kMergedChannels* kMergeLanes)
    grouped_conv_merge_moments(const float4* partial, int64_t parts, int64_t channels, float* mean, float* variance) {
  GPU_SHARED(double, sums, [4][kMergeLanes][kMergedChannels]);
  const int32_t slot = static_cast<int32_t>(threadIdx.x) % kMergedChannels, lane = static_cast<int32_t>(threadIdx.x) / kMergedChannels;
  const int64_t channel = static_cast<int64_t>(blockIdx.x) * kMergedChannels + slot;
  double reference = 0, count = 0, total = 0, off_squares = 0, squares = 0;
  if (channel < channels) {
    reference = static_cast<double>(partial[channel].x);
    for (int64_t part = lane; part < parts; part += kMergeLanes) {
      const float4 moments = partial[part * channels + channel];
      if (moments.w == 0) continue;
      const double n = static_cast<double>(moments.w);
      const double off = (static_cast<double>(moments.x) - reference) + static_cast<double>(moments.y);
      count += n;
      total += n * off;
      off_squares += n * off * off;
      squares += static_cast<double>(moments.z);
    }
  }
  sums[0][lane][slot] = count;
  sums[1][lane][slot] = total;
  sums[2][lane][slot] = off_squares;
  sums[3][lane][slot] = squares;
  __syncthreads();
  if (lane != 0 || channel >= channels) return;
  for (int32_t other = 1; other < kMergeLanes; ++other) {
    count += sums[0][other][slot];
    total += sums[1][other][slot];
    off_squares += sums[2][other][slot];
    squares += sums[3][other][slot];
  }
  const double correction = total / count, spread = (squares + (off_squares - total * correction)) / count;
  mean[channel] = static_cast<float>(reference + correction);
  variance[channel] = static_cast<float>(spread < 0 ? 0 : spread);  // rounding of the squares of equal values; NaN stays
}

}  // namespace

oct_status launch_merge_moments(Launches& launches, const float4* partial, int64_t parts, int64_t channels, float* mean, float* variance) {
  const gpu::LaunchShape shape{dim3(static_cast<unsigned>(gpu::ceil_div<int64_t>(channels, kMergedChannels))),
                               dim3(kMergedChannels * kMergeLanes)};
  return launch(launches, "grouped_conv_merge_moments", grouped_conv_merge_moments, shape, partial, parts, channels, mean, variance);
}

}  // namespace oct::cuda
