// Rows of logits with labels, for the losses over labels.
#pragma once
#include <algorithm>

#include "../support/expect.h"

namespace oct::test {

/// A batch on the host; logits [rows, classes] are what the type keeps of them. Labels of row r are labels[offsets[r]] to
/// labels[offsets[r + 1] - 1].
struct LabelRows {
  oct_dtype dtype;
  int64_t rows, classes;
  std::vector<float> logits;
  std::vector<int32_t> offsets{0}, labels;

  /// Row r has `least` labels or more, the last row `most`; some repeat.
  LabelRows(oct_dtype type, int64_t row_count, int64_t class_count, int64_t least, int64_t most, uint64_t seed)
      : LabelRows(type, class_count, random_labels(row_count, class_count, least, most, seed), seed) {}

  LabelRows(oct_dtype type, int64_t class_count, const std::vector<std::vector<int32_t>>& row_labels, uint64_t seed = 5)
      : dtype(type), rows(static_cast<int64_t>(row_labels.size())), classes(class_count) {
    logits = rounded(type, random_values(rows * classes, seed, -8, 8));
    for (const std::vector<int32_t>& row : row_labels) {
      labels.insert(labels.end(), row.begin(), row.end());
      offsets.push_back(static_cast<int32_t>(labels.size()));
    }
  }

  static std::vector<std::vector<int32_t>> random_labels(int64_t rows, int64_t classes, int64_t least, int64_t most, uint64_t seed) {
    std::mt19937_64 random(seed + 1);
    std::vector<std::vector<int32_t>> all(static_cast<size_t>(rows));
    for (int64_t r = 0; r < rows; ++r) {
      std::vector<int32_t>& row = all[static_cast<size_t>(r)];
      const int64_t count = rows == 1 ? most : least + (most - least) * r / (rows - 1);
      for (int64_t l = 0; l < count; ++l) row.push_back(static_cast<int32_t>(random() % static_cast<uint64_t>(classes)));
      if (r % 3 == 2 && count > 0) row.push_back(row[0]);
    }
    return all;
  }

  float& logit(int64_t row, int64_t label) { return logits[static_cast<size_t>(row * classes + label)]; }
  double logit(int64_t row, int64_t label) const { return at(logits, row * classes + label); }
  int32_t begin(int64_t row) const { return offsets[static_cast<size_t>(row)]; }
  int32_t end(int64_t row) const { return offsets[static_cast<size_t>(row) + 1]; }
  double label_count(int64_t row) const { return end(row) - begin(row); }
  /// How often each class is a label of the row.
  std::vector<double> counts(int64_t row) const {
    std::vector<double> found(static_cast<size_t>(classes));
    for (int32_t l = begin(row); l < end(row); ++l) found[static_cast<size_t>(labels[static_cast<size_t>(l)])] += 1;
    return found;
  }
};

/// Loss [rows], gradient [rows, classes] or empty.
struct LabelResult {
  oct_status status = OCT_OK;  // of the call, or of waiting for it
  std::string text;
  std::vector<float> loss, gradient;
};

}  // namespace oct::test
