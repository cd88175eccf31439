// Labels of a batch in rows: offsets and class numbers.
#pragma once
#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

namespace oct::bench {

struct LabelBatch {
  std::vector<int32_t> offsets;
  std::vector<int32_t> labels;
};

/// Row b has `least` + b mod (most - least + 1) labels; every third row its first label twice.
inline LabelBatch label_batch(int64_t rows, int64_t classes, int64_t most, int64_t least = 1) {
  LabelBatch batch;
  std::mt19937_64 random(static_cast<uint64_t>(rows * 31 + classes));
  batch.offsets.push_back(0);
  for (int64_t row = 0; row < rows; ++row) {
    const int64_t count = rows == 1 ? most : least + row % (most - least + 1);
    for (int64_t i = 0; i < count; ++i) batch.labels.push_back(static_cast<int32_t>(random() % static_cast<uint64_t>(classes)));
    if (count > 0 && row % 3 == 2) batch.labels.push_back(batch.labels[batch.labels.size() - static_cast<size_t>(count)]);
    batch.offsets.push_back(static_cast<int32_t>(batch.labels.size()));
  }
  if (batch.labels.empty()) batch.labels.push_back(0);
  return batch;
}

}  // namespace oct::bench
