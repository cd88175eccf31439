// What the tests of the two losses over labels share: batches, and the calls.
#pragma once
#include "octothorpe/sigmoid_cross_entropy.h"
#include "octothorpe/softmax_cross_entropy.h"
#include "support.h"

namespace oct::test {

using LabelLossCall = decltype(&oct_softmax_cross_entropy);

/// A batch on the host; logits [rows, classes] are what the type keeps of them.
struct LabelBatch {
  oct_dtype dtype;
  int64_t rows, classes;
  std::vector<float> logits;
  std::vector<int32_t> offsets{0}, labels;

  /// Row r has up to `most` labels, `least` at the least; the first row the fewest, the last the most. Some repeat.
  LabelBatch(oct_dtype type, int64_t row_count, int64_t class_count, int64_t least, int64_t most, uint64_t seed)
      : dtype(type), rows(row_count), classes(class_count) {
    logits = rounded(type, random_values(rows * classes, seed, 8));
    std::mt19937_64 random(seed + 1);
    for (int64_t r = 0; r < rows; ++r) {
      const int64_t count = rows == 1 ? most : least + (most - least) * r / (rows - 1);
      for (int64_t l = 0; l < count; ++l) labels.push_back(static_cast<int32_t>(random() % static_cast<uint64_t>(classes)));
      offsets.push_back(static_cast<int32_t>(labels.size()));
    }
    if (labels.empty()) labels.push_back(0);
  }

  double count(int64_t row, int64_t label) const {
    double found = 0;
    for (int32_t l = offsets[static_cast<size_t>(row)]; l < offsets[static_cast<size_t>(row) + 1]; ++l) {
      found += labels[static_cast<size_t>(l)] == label ? 1 : 0;
    }
    return found;
  }
  double logit(int64_t row, int64_t label) const { return logits[static_cast<size_t>(row * classes + label)]; }
};

struct LabelResult {
  oct_status status;  // of the call, or of waiting for it
  std::string text;
  std::vector<float> loss, gradient;  // gradient [rows, classes]
};

/// How the tensors lie: rows `pad` elements further apart than they must be, the first `shift` elements after the memory's begin.
struct Placement {
  int64_t pad = 0, shift = 0;
  int64_t gradient_pad = 0, gradient_shift = 0;
  bool in_place = false, loss_alone = false;
};

inline LabelResult run_label_loss(LabelLossCall call, const LabelBatch& b, float scale, const Placement& p = {},
                                  const char* variant = nullptr) {
  EmulatedDevice device;
  LabelResult result{};
  EXPECT_EQ(oct_use_variant(device.context(), variant), OCT_OK) << oct_last_error();
  const auto view = [&](int64_t pad, int64_t shift, const std::vector<float>* values) {
    const int64_t stride = b.classes + pad;
    const oct_tensor memory = device.empty(b.dtype, {b.rows * stride + shift});
    std::vector<float> all(static_cast<size_t>(b.rows * stride + shift), -77.0f);
    for (int64_t i = 0; values != nullptr && i < b.rows * b.classes; ++i) {
      all[static_cast<size_t>(shift + i / b.classes * stride + i % b.classes)] = (*values)[static_cast<size_t>(i)];
    }
    device.write(memory, all);
    oct_tensor rows = device.empty(b.dtype, {1, 1});
    rows.data = static_cast<char*>(memory.data) + static_cast<size_t>(shift) * bytes_of(b.dtype);
    rows.shape[0] = b.rows;
    rows.shape[1] = b.classes;
    rows.stride[0] = stride;
    return std::make_pair(memory, rows);
  };
  const auto [logits_memory, logits] = view(p.pad, p.shift, &b.logits);
  const auto [gradient_memory, gradient] =
      p.in_place ? std::make_pair(logits_memory, logits) : view(p.gradient_pad, p.gradient_shift, nullptr);
  const oct_tensor offsets = device.of_integers(OCT_I32, {b.rows + 1}, b.offsets);
  const oct_tensor labels = device.of_integers(OCT_I32, {static_cast<int64_t>(b.labels.size())}, b.labels);
  const oct_tensor loss = device.empty(OCT_F32, {b.rows});
  result.status = call(device.context(), &logits, &offsets, &labels, scale, &loss, p.loss_alone ? nullptr : &gradient);
  if (result.status == OCT_OK) result.status = oct_context_synchronize(device.context());
  if (result.status != OCT_OK) {
    result.text = oct_last_error();
    return result;
  }
  result.loss = device.read(loss);
  const std::vector<float> all = device.read(gradient_memory);
  const int64_t shift = p.in_place ? p.shift : p.gradient_shift, stride = gradient.stride[0];
  for (int64_t i = 0; i < static_cast<int64_t>(all.size()); ++i) {
    if (i >= shift && (i - shift) % stride < b.classes) {
      result.gradient.push_back(all[static_cast<size_t>(i)]);
    } else {
      EXPECT_EQ(all[static_cast<size_t>(i)], -77.0f) << "between the rows, at " << i;
    }
  }
  return result;
}

/// Placements that matter: dense; rows at any address; gradients aligned as the logits are, and otherwise; in place; the loss alone.
inline std::vector<Placement> placements() {
  return {{}, {3, 1, 3, 1, false, false}, {5, 2, 0, 0, false, false}, {1, 3, 0, 0, true, false}, {0, 0, 0, 0, false, true}};
}

}  // namespace oct::test
