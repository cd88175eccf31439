// One loop body for whole vectors and for the channels left over: Wide works on kLanes values at once, Narrow on one.
#pragma once
#include "simd.h"

OCT_KERNEL_BEGIN

struct Wide {
  using Value = vf;
  using Mask = vi;
  static constexpr int kCount = kLanes;
  template <class T>
  static inline vf get(const T* p) {
    return load(p);
  }
  template <class T>
  static inline void put(T* p, vf value) {
    store(p, value);
  }
  static inline vf all(float value) { return splat(value); }
  static inline vf choose(vi mask, vf a, vf b) { return select(mask, a, b); }
};

struct Narrow {
  using Value = float;
  using Mask = bool;
  static constexpr int kCount = 1;
  template <class T>
  static inline float get(const T* p) {
    return to_float(*p);
  }
  template <class T>
  static inline void put(T* p, float value) {
    assign(p, value);
  }
  static inline float all(float value) { return value; }
  static inline float choose(bool mask, float a, float b) { return mask ? a : b; }
};

/// Calls body(Wide, i) or body(Narrow, i) so that [begin, end) is covered in ascending order. Which elements are left to Narrow depends on
/// `begin` and `end`: callers whose arithmetic the compiler may contract keep both independent of the number of threads.
template <class Body>
static inline void for_lanes(int64_t begin, int64_t end, const Body& body) {
  int64_t i = begin;
  for (; i + kLanes <= end; i += kLanes) body(Wide{}, i);
  for (; i < end; ++i) body(Narrow{}, i);
}

OCT_KERNEL_END
