// Softmax and sigmoid cross-entropy over rows of logits.
#include <cmath>

#include "labels.h"
#include "task.h"

namespace oct::bench {
namespace {

struct Rows {
  int64_t b, v, k;
  std::string text() const { return "B" + std::to_string(b) + " V" + std::to_string(v) + " k" + std::to_string(k); }
};

Task loss_task(const Rows& l, bool softmax, oct_dtype dtype) {
  Task task;
  task.operation = softmax ? "softmax_cross_entropy" : "sigmoid_cross_entropy";
  task.pass = "forward_backward";
  task.shape = l.text();
  task.dtype = dtype;
  task.numbers = {{"b", l.b}, {"v", l.v}, {"k", l.k}};
  const LabelBatch batch = label_batch(l.b, l.v, l.k, softmax ? 1 : 0);
  const float scale = 1 / static_cast<float>(l.b);
  task.operands = {
      {"logits", dtype, {l.b, l.v}, Role::input, -8, 8},
      {"offsets", OCT_I32, {l.b + 1}, Role::input, 0, 0, [batch] { return bytes_from(batch.offsets); }},
      {"labels", OCT_I32, {static_cast<int64_t>(batch.labels.size())}, Role::input, 0, 0, [batch] { return bytes_from(batch.labels); }},
      {"loss", OCT_F32, {l.b}, Role::output},
      {"dlogits", dtype, {l.b, l.v}, Role::output}};
  task.prepare = [softmax, scale](const Device& device, const Tensors& t) {
    const oct_softmax_cross_entropy_args a{
        .logits = t[0], .offsets = t[1], .labels = t[2], .loss = t[3], .dlogits = t[4], .gradient_scale = scale};
    if (softmax) return Call(device, a);
    return Call(
        device,
        oct_sigmoid_cross_entropy_args{
            .logits = a.logits, .offsets = a.offsets, .labels = a.labels, .loss = a.loss, .dlogits = a.dlogits, .gradient_scale = scale});
  };
  task.slack = [l, softmax, scale, batch](const Host& host) {
    std::vector<std::vector<double>> slack(host.size());
    for (const float loss : host[3].floats) {
      const double size = std::fabs(static_cast<double>(loss));
      // Softmax: an exponential is off by 2^-20 and V of them are summed in blocks, 2^-15 in all, as the logarithm's absolute error.
      // Sigmoid: positive terms, 2^-20 each, and fewer than 600 additions in a row. Twice: two devices.
      slack[3].push_back(2 * (softmax ? 0x1p-15 + 0x1p-23 * size : (0x1p-20 + 600 * kUnit) * size));
    }
    for (const float gradient : host[4].floats) {
      const double size = std::fabs(static_cast<double>(gradient));
      slack[4].push_back(2 * (softmax ? 0x1p-15 : 0x1p-20) * size + 0x1p-126);
    }
    if (!softmax) return slack;
    for (int64_t row = 0; row < l.b; ++row) {
      const auto begin = batch.offsets[static_cast<size_t>(row)];
      const auto end = batch.offsets[static_cast<size_t>(row) + 1];
      for (int32_t i = begin; i < end; ++i) {
        // At a label the gradient is a difference: probability and target each count with their own size, at most `scale`.
        const auto place = static_cast<size_t>(row * l.v + batch.labels[static_cast<size_t>(i)]);
        slack[4][place] += 2 * static_cast<double>(scale) * (0x1p-15 + kUnit * (end - begin + 2));
      }
    }
    return slack;
  };
  task.bytes = bytes_of(task.operands);
  return task;
}

}  // namespace

void add_losses(const Choice& choice, std::vector<Maker>* all) {
  for (const bool softmax : {true, false}) {
    std::vector<std::vector<int64_t>> lines = lines_of(softmax ? "softmax_cross_entropy" : "sigmoid_cross_entropy", "B V k", choice);
    if (softmax && choice.shapes == "layer") lines.push_back({256, 1000000, 3});
    for (const auto& v : lines) {
      const Rows rows{v[0], v[1], v[2]};
      all->push_back([rows, softmax](oct_dtype dtype) { return loss_task(rows, softmax, dtype); });
    }
  }
}

}  // namespace oct::bench
