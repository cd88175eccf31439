// What the two ways of the fused head share: the state of a row between the sweeps, its loss, and the gradient of a logit.
#pragma once
#include "softmax/softmax_row.cuh"

namespace oct::cuda {

// Of some of a row's classes: the largest logit, the sum of e^(logit - max), the sum of the labels' logit - max, and how many labels.
// Relative to the largest, since the sum of large logits would lose their differences.
struct RowSums {
  float max, sum, of_labels, labels;
};

// What the labels' sum becomes when it is taken relative to `max`, which is not below the sums' own.
GPU_INLINE float labels_from(const RowSums& a, float max) {
  return a.labels == 0.0f ? 0.0f : fmaf(a.labels, shift_of(a.max) - shift_of(max), a.of_labels);
}

GPU_INLINE RowSums merge(const RowSums& a, const RowSums& b) {
  const MaxSum both = merge(MaxSum{a.max, a.sum}, MaxSum{b.max, b.sum});
  return {both.max, both.sum, labels_from(a, both.max) + labels_from(b, both.max), a.labels + b.labels};
}

constexpr RowSums kNoClasses{-INFINITY, 0.0f, 0.0f, 0.0f};

// The labels of a row; none where its offsets are broken, which report_labels reports, as it does labels out of range.
struct RowLabels {
  const int32_t* first;
  int32_t count;
};

GPU_INLINE RowLabels labels_of(const LabelLoss& a, int64_t row) {
  const int32_t begin = a.offsets[row], end = a.offsets[row + 1];
  const bool sound = begin >= 0 && (row > 0 || begin == 0) && end > begin && end <= a.label_count;
  return {a.labels + (sound ? begin : 0), sound ? end - begin : 0};
}

GPU_INLINE void report_labels(const LabelLoss& a, int64_t row, const RowLabels& labels) {
  if (labels.count == 0) report(a.fault, kOffsetsBroken, row, a.offsets[row], a.offsets[row + 1]);
  for (int32_t l = 0; l < labels.count; ++l) {
    if (labels.first[l] < 0 || labels.first[l] >= a.classes) report(a.fault, kLabelOutOfRange, labels.first[l], row, a.classes);
  }
}

// What the second sweep needs of a row: a logit's gradient is e^(logit - max) * factor, less `share` for each time that it is a label.
struct RowFactors {
  float max, factor, share;
};

// Loss and factors of every row from the sums of its parts [rows, parts], merged in ascending order. A warp per row: lanes take every 32nd
// part. Bound: a read of the parts.
__global__ void __launch_bounds__(256) linear_softmax_losses(LabelLoss a, const RowSums* sums, int64_t parts, RowFactors* factors) {
  const int64_t row = static_cast<int64_t>(blockIdx.x) * (blockDim.x / 32) + threadIdx.x / 32;
  if (row >= a.rows) return;  // the whole warp; there is no barrier of the block
  RowSums mine = kNoClasses;
  for (int64_t part = gpu::lane(); part < parts; part += 32) mine = merge(mine, sums[row * parts + part]);
  const MaxSum total = warp_merge({mine.max, mine.sum});
  const float of_labels = gpu::warp_sum(labels_from(mine, total.max));
  if (gpu::lane() != 0) return;
  const RowLabels labels = labels_of(a, row);
  report_labels(a, row, labels);
  const float count = static_cast<float>(labels.count);
  a.loss[row] = total.sum == 0.0f ? INFINITY : logf(total.sum) - of_labels / count;
  factors[row] = {total.max, a.gradient_scale / total.sum, a.gradient_scale / count};
}

}  // namespace oct::cuda
