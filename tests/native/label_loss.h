// A batch of logits with labels, for the tests of the two losses.
#pragma once
#include <algorithm>

#include "support.h"

namespace test {

/// logits [B,V] with a row stride, offsets and labels; loss and dlogits to be written.
struct LabelBatch {
  int64_t rows, classes, stride;
  Tensor logits, offsets, labels, loss, dlogits;

  LabelBatch(oct_dtype dtype, int64_t classes_, const std::vector<std::vector<int32_t>>& row_labels, int64_t padding = 0)
      : rows(static_cast<int64_t>(row_labels.size())),
        classes(classes_),
        stride(classes_ + padding),
        logits(dtype, {rows, stride}, random_values(rows * stride, 5, -8, 8)),
        offsets(OCT_I32, {rows + 1}),
        labels(OCT_I32, {count_of(row_labels) + 1}),
        loss(OCT_F32, {rows}),
        dlogits(dtype, {rows, stride}) {
    // Elements between the rows keep what they hold; one more label than is used, which must not be read.
    for (int64_t i = 0; i < rows * stride; ++i) dlogits.set(static_cast<size_t>(i), 77);
    logits.view().shape[1] = dlogits.view().shape[1] = classes;
    int32_t* offset = offsets.as<int32_t>();
    int32_t* label = labels.as<int32_t>();
    *offset = 0;
    for (const std::vector<int32_t>& row : row_labels) {
      for (const int32_t value : row) *label++ = value;
      offset[1] = *offset + static_cast<int32_t>(row.size());
      ++offset;
    }
    *label = -5;
  }

  static int64_t count_of(const std::vector<std::vector<int32_t>>& row_labels) {
    size_t count = 0;
    for (const std::vector<int32_t>& row : row_labels) count += row.size();
    return static_cast<int64_t>(count);
  }

  size_t index(int64_t row, int64_t column) const { return static_cast<size_t>(row * stride + column); }
  double logit(int64_t row, int64_t column) const { return logits.at(index(row, column)); }
};

/// `rows` rows of 1 to 5 labels, some of them twice.
inline std::vector<std::vector<int32_t>> random_labels(int64_t rows, int64_t classes) {
  std::vector<std::vector<int32_t>> result;
  const std::vector<float> values = random_values(rows * 5, 6, 0, static_cast<float>(classes));
  for (int64_t b = 0; b < rows; ++b) {
    std::vector<int32_t> row;
    for (int64_t i = 0; i <= b % 5; ++i) {
      const auto label = static_cast<int32_t>(values[static_cast<size_t>(b * 5 + i)]);
      row.push_back(std::min(label, static_cast<int32_t>(classes - 1)));
    }
    if (b % 3 == 2) row.push_back(row[0]);
    result.push_back(row);
  }
  return result;
}

}  // namespace test
