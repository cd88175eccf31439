// Labels of a batch as compressed rows: row b has labels[offsets[b]] to labels[offsets[b + 1] - 1].
#pragma once
#include "../error.h"
#include "isa.h"
#include "parallel.h"

OCT_KERNEL_BEGIN

/// Checks all offsets and labels of a batch: offsets i32[B+1] from 0, ascending by at least `least`, the last at most labels' length;
/// every label in [0,V).
static inline oct_status check_labels(const char* op, const oct_tensor& offsets, const oct_tensor& labels, int64_t classes, int32_t least) {
  const int32_t* offset = static_cast<const int32_t*>(offsets.data);
  const int32_t* label = static_cast<const int32_t*>(labels.data);
  const int64_t rows = offsets.shape[0] - 1;
  if (offset[0] != 0) return fail(OCT_INVALID_ARGUMENT, "%s: offsets[0] is %d, but must be 0", op, offset[0]);
  for (int64_t b = 0; b < rows; ++b) {
    const int64_t count = static_cast<int64_t>(offset[b + 1]) - offset[b];
    if (count < least) {
      return fail(OCT_INVALID_ARGUMENT, "%s: row %lld has %lld labels (offsets %d to %d), but must have at least %d", op,
                  static_cast<long long>(b), static_cast<long long>(count), offset[b], offset[b + 1], least);
    }
    if (offset[b + 1] > labels.shape[0]) {
      return fail(OCT_INVALID_ARGUMENT, "%s: offsets[%lld] is %d, but must be at most the length of labels, %lld", op,
                  static_cast<long long>(b + 1), offset[b + 1], static_cast<long long>(labels.shape[0]));
    }
    for (int32_t i = offset[b]; i < offset[b + 1]; ++i) {
      if (label[i] < 0 || label[i] >= classes) {
        return fail(OCT_INVALID_ARGUMENT, "%s: row %lld has the label %d, but labels must be in [0,%lld)", op, static_cast<long long>(b),
                    label[i], static_cast<long long>(classes));
      }
    }
  }
  return OCT_OK;
}

/// The fixed blocks of a row of V classes, at most kMost of them: what is summed at once, and shared out if there are few rows.
struct RowBlocks {
  static constexpr int64_t kLength = 4096;
  static constexpr int64_t kMost = 1024;
  int64_t length, count;
  explicit RowBlocks(int64_t classes) {
    length = (classes + kMost - 1) / kMost;
    length = (length + kLength - 1) / kLength * kLength;
    count = (classes + length - 1) / length;
  }
};

/// Calls row(b, null) for the rows of a batch side by side, or, where the rows are few and long, row(b, context) one after the other; the
/// row then shares its blocks out to the context's threads.
template <class Row>
static inline void for_each_row(const oct_context* context, int64_t rows, int64_t classes, const Row& row) {
  if (rows < 4 * context->threads && classes >= 8 * RowBlocks::kLength && context->threads > 1) {
    for (int64_t b = 0; b < rows; ++b) row(b, context);
    return;
  }
  parallel_for(context, rows, rows * classes * 8, [&](int64_t begin, int64_t end) {
    for (int64_t b = begin; b < end; ++b) row(b, static_cast<const oct_context*>(nullptr));
  });
}

OCT_KERNEL_END
