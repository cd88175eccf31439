// Mean and variance of every channel of y as it is stored: blocks leave partial moments in the workspace, a second kernel merges them in a
// fixed order. Everything is a distance from a value of the data, so that |mean| >> deviation costs no digits.
#pragma once
#include "runtime/launches.h"

namespace oct::cuda {

// Of one channel and some pixels, as float4: x a reference, which is one of the values; y the mean's distance from it; z the sum of
// squared distances from the mean; w the count. The mean is x + y, not stored as one number: the sum would be rounded to |mean| 2^-24.
struct RunningMoments {
  float reference = 0, sum = 0, squares = 0, count = 0;

  GPU_INLINE void add(float value) {
    if (count == 0) reference = value;
    const float distance = value - reference;
    sum += distance;
    squares = fmaf(distance, distance, squares);
    count += 1;
  }

  GPU_INLINE float4 finished() const {
    if (count == 0) return {0, 0, 0, 0};
    const float correction = sum / count;
    return {reference, correction, squares - sum * correction, count};
  }
};

// Of a and b together (Chan, Golub, LeVeque 1979).
GPU_INLINE float4 merged_moments(float4 a, float4 b) {
  if (b.w == 0) return a;
  if (a.w == 0) return b;
  const float distance = (b.x - a.x) + (b.y - a.y), count = a.w + b.w, share = b.w / count;
  return {a.x, fmaf(distance, share, a.y), a.z + b.z + distance * distance * (a.w * share), count};
}

inline size_t moments_bytes(int64_t parts, int64_t channels) { return static_cast<size_t>(parts * channels) * sizeof(float4); }

// partial [parts][channels], the first of which is not empty; mean and biased variance of each channel.
oct_status launch_merge_moments(Launches& launches, const float4* partial, int64_t parts, int64_t channels, float* mean, float* variance);

}  // namespace oct::cuda
