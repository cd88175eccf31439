// Sums of the columns of a matrix, for gradients of biases.
#pragma once
#include "parallel.h"
#include "simd.h"

OCT_KERNEL_BEGIN

/// dbias [n] = sum of dy [m, n] over m: blocks of 256 rows, then the blocks, each in ascending order.
template <class T>
static inline void sum_columns(const oct_context* context, int64_t m, int64_t n, const T* dy, float* dbias) {
  constexpr int64_t kBlock = 256;
  parallel_for(context, n, m * n, [=](int64_t begin, int64_t end) {
    int64_t j = begin;
    for (; j + kLanes <= end; j += kLanes) {
      vf total{};
      for (int64_t block = 0; block < m; block += kBlock) {
        vf sum{};
        for (int64_t i = block; i < m && i < block + kBlock; ++i) sum += load(dy + i * n + j);
        total += sum;
      }
      store(dbias + j, total);
    }
    for (; j < end; ++j) {
      float total = 0.0f;
      for (int64_t block = 0; block < m; block += kBlock) {
        float sum = 0.0f;
        for (int64_t i = block; i < m && i < block + kBlock; ++i) sum += to_float(dy[i * n + j]);
        total += sum;
      }
      dbias[j] = total;
    }
  });
}

OCT_KERNEL_END
