// What the kernels of the softmax cross-entropy share: (max, sum) pairs and what a row's labels contribute.
#pragma once
#include "softmax/label_row.cuh"

namespace oct::cuda {

// The largest of some logits and the sum of e^(logit - max); sum 0 where all are -inf, NaN where one is NaN.
struct MaxSum {
  float max, sum;
};

// What exponents are taken relative to: -inf - -inf would be NaN.
GPU_INLINE float shift_of(float max) { return max == -INFINITY ? 0.0f : max; }

GPU_INLINE MaxSum merge(const MaxSum& a, const MaxSum& b) {
  const float max = fmaxf(a.max, b.max), shift = shift_of(max);
  return {max, a.sum * gpu::fast_exp(a.max - shift) + b.sum * gpu::fast_exp(b.max - shift)};
}

// The warp's pair, in a fixed order; the same bits in every lane: contracted to fused multiply-adds, merge(a, b) is not merge(b, a).
GPU_INLINE MaxSum warp_merge(MaxSum value) {
#pragma unroll
  for (int distance = 16; distance > 0; distance /= 2) {
    value = merge(value, {__shfl_xor_sync(gpu::all_lanes, value.max, distance), __shfl_xor_sync(gpu::all_lanes, value.sum, distance)});
  }
  return {__shfl_sync(gpu::all_lanes, value.max, 0), __shfl_sync(gpu::all_lanes, value.sum, 0)};
}

template <int Width>
GPU_INLINE MaxSum max_sum_of(const float (&v)[Width]) {
  float max = v[0], sum = 0.0f;
#pragma unroll
  for (int e = 1; e < Width; ++e) max = fmaxf(max, v[e]);
  max = fmaxf(max, -INFINITY);  // all NaN
  const float shift = shift_of(max);
#pragma unroll
  for (int e = 0; e < Width; ++e) sum += gpu::fast_exp(v[e] - shift);
  return {max, sum};
}

// What the labels of a row contribute to its loss. Sums are relative to the first label's logit, else large logits would cancel.
struct LabelSum {
  float pivot, mean;  // of logit - pivot
};

// By one warp, before anybody writes the gradient, which may lie where the logits do. Reports labels out of range and leaves them out.
template <class T>
GPU_INLINE LabelSum sum_of_labels(const LabelLoss& a, const LabelRow<T>& row, int64_t index) {
  const auto logit = [&](int32_t l) {
    const int32_t label = row.labels[l];
    if (label >= 0 && label < row.classes) return gpu::to_float(row.x[label]);
    report(a.fault, kLabelOutOfRange, label, index, row.classes);
    return 0.0f;
  };
  float pivot = 0.0f, sum = 0.0f;
  if (row.label_count > 0) pivot = logit(0);
  if (!(fabsf(pivot) < INFINITY)) pivot = 0.0f;
  for (int32_t l = static_cast<int32_t>(gpu::lane()); l < row.label_count; l += 32) sum += logit(l) - pivot;
  return {pivot, gpu::warp_sum(sum) / static_cast<float>(row.label_count)};
}

// In nats. NaN for a row whose offsets are broken: it has no labels.
GPU_INLINE float loss_of(const MaxSum& total, const LabelSum& labels) {
  if (total.sum == 0.0f) return INFINITY;  // every logit is -inf, and so is a label's
  return logf(total.sum) + ((total.max - labels.pivot) - labels.mean);
}

// Writes the gradient of one chunk: e^(logit - max) * factor, less `share` for each time that a class is a label.
template <class T>
GPU_INLINE void write_gradient(const LabelRow<T>& row, int32_t chunk, const uint4& raw, bool has_labels, float max, float factor,
                               float share) {
  float g[kChunk<T>];
  unpack<T>(raw, g);
#pragma unroll
  for (int e = 0; e < kChunk<T>; ++e) g[e] = gpu::fast_exp(g[e] - max) * factor;
  if (has_labels) {
    const int32_t begin = chunk * kChunk<T> - row.lead;
    for (int32_t l = 0; l < row.label_count; ++l) {
      const int32_t at = row.labels[l] - begin;
#pragma unroll
      for (int e = 0; e < kChunk<T>; ++e) g[e] -= at == e ? share : 0.0f;
    }
  }
  row.store(chunk, g);
}

}  // namespace oct::cuda
