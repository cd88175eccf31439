// What a block of a row's logits contributes to its softmax.
#pragma once
#include "vector_math.h"

OCT_KERNEL_BEGIN

/// max and sum of e^(logit - max) over the classes of a block; sum 0 where all logits are -inf.
struct BlockSum {
  float max, sum;
};

template <class T>
static inline BlockSum sum_block(const T* x, int64_t count) {
  constexpr float kNegativeInfinity = -__builtin_inff();
  vf m[4];
  for (vf& value : m) value = splat(kNegativeInfinity);
  int64_t i = 0;
  for (; i + 4 * kLanes <= count; i += 4 * kLanes) {
    for (int j = 0; j < 4; ++j) {
      const vf v = load(x + i + j * kLanes);
      m[j] = select(v > m[j], v, m[j]);
    }
  }
  for (; i < count; i += kLanes) {
    const vf v = i + kLanes <= count ? load(x + i) : load_first(x + i, count - i, kNegativeInfinity);
    m[0] = select(v > m[0], v, m[0]);
  }
  m[0] = select(m[1] > m[0], m[1], m[0]);
  m[2] = select(m[3] > m[2], m[3], m[2]);
  m[0] = select(m[2] > m[0], m[2], m[0]);
  const float max = max_of_lanes(m[0]);
  const float shift = max == kNegativeInfinity ? 0.0f : max;  // else -inf - -inf is NaN
  vf sum[4]{};
  for (i = 0; i + 4 * kLanes <= count; i += 4 * kLanes) {
    for (int j = 0; j < 4; ++j) sum[j] += exp_of_nonpositive(load(x + i + j * kLanes) - shift);
  }
  for (; i < count; i += kLanes) {
    const vf v = i + kLanes <= count ? load(x + i) : load_first(x + i, count - i, kNegativeInfinity);
    sum[0] += exp_of_nonpositive(v - shift);
  }
  return {max, sum_of_lanes((sum[0] + sum[1]) + (sum[2] + sum[3]))};
}

OCT_KERNEL_END
