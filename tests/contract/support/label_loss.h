// Runs of the two losses over labels, with rows of logits and gradients that lie anywhere.
#pragma once
#include "../oracles/label_rows.h"

namespace oct::test {

/// How the tensors lie: rows `pad` elements further apart than they must be, the first `shift` elements after the memory's begin.
struct Placement {
  int64_t pad = 0, shift = 0;
  int64_t gradient_pad = 0, gradient_shift = 0;
  bool in_place = false, loss_alone = false;
};

/// Placements that matter: dense; rows at any address; gradients aligned as the logits are, and otherwise; in place; the loss alone.
inline std::vector<Placement> placements() {
  return {{}, {3, 1, 3, 1, false, false}, {5, 2, 0, 0, false, false}, {1, 3, 0, 0, true, false}, {0, 0, 0, 0, false, true}};
}

/// Runs oct_softmax_cross_entropy_args or oct_sigmoid_cross_entropy_args. What lies between the rows must keep its value; one label more
/// than the offsets name must not be read.
template <class Args>
LabelResult run_label_loss(const LabelRows& b, float scale, const Placement& p = {}, const std::string& variant = "", int32_t threads = 2) {
  Device device({.threads = threads});
  device.use(variant);
  constexpr float kBetween = -77;
  const auto place = [&](int64_t pad, int64_t shift, const std::vector<float>* values) {
    const int64_t stride = b.classes + pad;
    std::vector<float> all(static_cast<size_t>(b.rows * stride + shift), kBetween);
    for (int64_t i = 0; values != nullptr && i < b.rows * b.classes; ++i) {
      all[static_cast<size_t>(shift + i / b.classes * stride + i % b.classes)] = (*values)[static_cast<size_t>(i)];
    }
    const oct_tensor memory = device.of(b.dtype, {b.rows * stride + shift}, all);
    oct_tensor rows = view_of(memory, {b.rows, b.classes}, shift);
    rows.stride[0] = stride;
    return std::pair(memory, rows);
  };
  const auto [logits_memory, logits] = place(p.pad, p.shift, &b.logits);
  const auto [gradient_memory, gradient] = p.in_place ? std::pair(logits_memory, logits) : place(p.gradient_pad, p.gradient_shift, nullptr);
  const oct_tensor loss = device.empty(OCT_F32, {b.rows});
  std::vector<int32_t> labels = b.labels;
  labels.push_back(-5);
  LabelResult result;
  result.status = run(device, Args{.logits = logits,
                                   .offsets = device.of_integers(OCT_I32, {b.rows + 1}, b.offsets),
                                   .labels = device.of_integers(OCT_I32, {static_cast<int64_t>(labels.size())}, labels),
                                   .loss = loss,
                                   .dlogits = p.loss_alone ? oct_tensor{} : gradient,
                                   .gradient_scale = scale});
  if (result.status != OCT_OK) {
    result.text = oct_last_error();
    return result;
  }
  result.loss = device.read(loss);
  if (p.loss_alone) return result;
  const std::vector<float> all = device.read(gradient_memory);
  const int64_t shift = p.in_place ? p.shift : p.gradient_shift, stride = gradient.stride[0];
  for (int64_t i = 0; i < static_cast<int64_t>(all.size()); ++i) {
    if (i >= shift && (i - shift) % stride < b.classes) {
      result.gradient.push_back(all[static_cast<size_t>(i)]);
    } else {
      EXPECT_EQ(all[static_cast<size_t>(i)], kBetween) << "between the rows, at " << i;
    }
  }
  return result;
}

/// Rows and classes that matter to the CPU: around vectors and blocks of 4096; few long rows share their blocks out to the threads.
inline std::vector<int64_t> class_counts() {
  return on_cpu() ? std::vector<int64_t>{1, 2, 3, 15, 16, 17, 63, 65, 1501, 4095, 4096, 4097, 40001}
                  : std::vector<int64_t>{1, 7, 63, 300, 1029, 4111};
}

/// Refuses with the status and both texts: a GPU reports what is wrong in its memory in other words than the CPU.
inline void expect_reported(const LabelResult& result, const std::string& cpu, const std::string& gpu) {
  EXPECT_EQ(result.status, OCT_INVALID_ARGUMENT);
  EXPECT_NE(result.text.find(on_cpu() ? cpu : gpu), std::string::npos) << result.text;
}

}  // namespace oct::test
