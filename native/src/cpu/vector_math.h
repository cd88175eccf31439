// Elementary functions of a vector of floats; the same bits in every lane. Errors are the largest found on one in 37 of all arguments, for
// every instruction set.
#pragma once
#include "isa.h"
#include "simd.h"

OCT_KERNEL_BEGIN

/// e^x for x <= 0 to 1.0 units in the last place; below -87.3 (where the result is not a normal number any more) 0, so for -inf too; NaN
/// for NaN.
static inline vf exp_of_nonpositive(vf x) {
  // x = n ln 2 + r with |r| <= ln 2 / 2. Adding 1.5 * 2^23 rounds to an integer and leaves it in the low bits.
  constexpr float kRounder = 0x1.8p23f;
  const vf shifted = x * 1.44269504f + kRounder;
  const vf n = shifted - kRounder;
  const vf r = (x - n * 0.693359375f) - n * -2.12194440e-4f;
  // Cephes' minimax polynomial of (e^r - 1 - r) / r^2.
  vf p = splat(1.9875691500e-4f);
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  const vf e = (p * (r * r) + r) + 1.0f;
  const vf scale = reinterpret_cast<vf>((reinterpret_cast<vu>(shifted) + (127u - 0x4b400000u)) << 23);
  return select(x < -87.3f, vf{}, e * scale);
}

/// ln(1 + u) for 0 <= u <= 1 to 1.93 units in the last place, for small u too; NaN for NaN.
static inline vf log1p_of_fraction(vf u) {
  // ln(1 + u) = 2 artanh(z), z = u / (2 + u) <= 1/3; the polynomial in s = z^2 is (artanh(z) / z - 1) / s, to
  // 1e-9 of artanh(z) / z (least squares at Chebyshev nodes).
  const vf z = u / (u + 2.0f);
  const vf s = z * z;
  vf p = splat(0.11619525f);
  p = p * s + 0.10851657f;
  p = p * s + 0.14296292f;
  p = p * s + 0.19999851f;
  p = p * s + 0.33333334f;
  const vf twice = z + z;
  return twice + twice * (s * p);
}

/// The sum of the lanes, in a fixed order.
static inline float sum_of_lanes(vf v) {
  float lanes[kLanes];
  store(lanes, v);
  for (int width = kLanes / 2; width > 0; width /= 2) {
    for (int i = 0; i < width; ++i) lanes[i] += lanes[i + width];
  }
  return lanes[0];
}

/// The largest lane; any lane if one is NaN.
static inline float max_of_lanes(vf v) {
  float lanes[kLanes];
  store(lanes, v);
  for (int width = kLanes / 2; width > 0; width /= 2) {
    for (int i = 0; i < width; ++i) lanes[i] = lanes[i] > lanes[i + width] ? lanes[i] : lanes[i + width];
  }
  return lanes[0];
}

/// The first `count` < kLanes values at p, then `fill`.
template <class T>
static inline vf load_first(const T* p, int64_t count, float fill) {
  float lanes[kLanes];
  for (int i = 0; i < kLanes; ++i) lanes[i] = i < count ? to_float(p[i]) : fill;
  return load(lanes);
}

/// Stores the first `count` < kLanes values at p.
template <class T>
static inline void store_first(T* p, int64_t count, vf value) {
  float lanes[kLanes];
  store(lanes, value);
  for (int i = 0; i < count; ++i) assign(p + i, lanes[i]);
}

OCT_KERNEL_END
