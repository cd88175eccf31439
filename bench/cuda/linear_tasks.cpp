// Fully connected layers: the passes alone, with the optimizer, and with the loss.
#include <algorithm>
#include <cmath>
#include <memory>

#include "labels.h"
#include "task.h"

namespace oct::bench {
namespace {

struct Head {
  int64_t b, d, v;
  std::string text() const { return "B" + std::to_string(b) + " D" + std::to_string(d) + " V" + std::to_string(v); }
  float weight_scale() const { return 4 / std::sqrt(static_cast<float>(d)); }  // logits of a few units, whatever D is
};

Task blank(const Head& l, const char* operation, const char* pass, oct_dtype dtype) {
  Task task;
  task.operation = operation;
  task.pass = pass;
  task.shape = l.text();
  task.dtype = dtype;
  task.numbers = {{"b", l.b}, {"d", l.d}, {"v", l.v}};
  task.flops = 2.0 * static_cast<double>(l.b) * static_cast<double>(l.d) * static_cast<double>(l.v);
  return task;
}

Task forward(const Head& l, oct_dtype dtype) {
  Task task = blank(l, "linear", "forward", dtype);
  task.operands = {{"x", dtype, {l.b, l.d}, Role::input},
                   {"weight", dtype, {l.v, l.d}, Role::input},
                   {"bias", OCT_F32, {l.v}, Role::input},
                   {"y", dtype, {l.b, l.v}, Role::output}};
  task.terms = l.d + 1;
  task.prepare = [](const Device& device, const Tensors& t) {
    return Call(device, oct_linear_forward_args{.x = t[0], .weight = t[1], .bias = t[2], .y = t[3]});
  };
  return task;
}

Task backward_data(const Head& l, oct_dtype dtype) {
  Task task = blank(l, "linear", "backward_data", dtype);
  task.operands = {
      {"dy", dtype, {l.b, l.v}, Role::input}, {"weight", dtype, {l.v, l.d}, Role::input}, {"dx", dtype, {l.b, l.d}, Role::output}};
  task.terms = l.v;
  task.prepare = [](const Device& device, const Tensors& t) {
    return Call(device, oct_linear_backward_data_args{.dy = t[0], .weight = t[1], .dx = t[2]});
  };
  return task;
}

Task backward_weight(const Head& l, oct_dtype dtype) {
  Task task = blank(l, "linear", "backward_weight", dtype);
  task.operands = {{"x", dtype, {l.b, l.d}, Role::input},
                   {"dy", dtype, {l.b, l.v}, Role::input},
                   {"dweight", OCT_F32, {l.v, l.d}, Role::output},
                   {"dbias", OCT_F32, {l.v}, Role::output}};
  task.terms = l.b;
  task.prepare = [](const Device& device, const Tensors& t) {
    return Call(device, oct_linear_backward_weight_args{.x = t[0], .dy = t[1], .dweight = t[2], .dbias = t[3]});
  };
  return task;
}

constexpr float kMomentum = 0.9f, kDecay = 1e-4f;

Task backward_weight_sgd(const Head& l, oct_dtype dtype) {
  Task task = blank(l, "linear", "backward_weight_sgd", dtype);
  task.operands = {{"x", dtype, {l.b, l.d}, Role::input},
                   {"dy", dtype, {l.b, l.v}, Role::input},
                   {"weight", OCT_F32, {l.v, l.d}, Role::both},
                   {"buffer", OCT_F32, {l.v, l.d}, Role::both},
                   {"weight_bf16", OCT_BF16, {l.v, l.d}, Role::output},
                   {"rates", OCT_F32, {2}, Role::input, 0.1f, 0.5f}};
  task.prepare = [](const Device& device, const Tensors& t) {
    return Call(device, oct_linear_backward_weight_sgd_args{.x = t[0],
                                                            .dy = t[1],
                                                            .weight = t[2],
                                                            .buffer = t[3],
                                                            .weight_bf16 = t[4],
                                                            .rates = t[5],
                                                            .momentum = kMomentum,
                                                            .nesterov = 1,
                                                            .decay = kDecay});
  };
  task.reference = [l](const Device& cpu, const Tensors& t) {
    const Memory gradient(cpu.context(), static_cast<size_t>(l.v * l.d) * 4);
    const Memory bias(cpu.context(), static_cast<size_t>(l.v) * 4);
    const oct_tensor dweight = tensor_of(gradient.data(), OCT_F32, {l.v, l.d});
    const oct_tensor dbias = tensor_of(bias.data(), OCT_F32, {l.v});
    run_once(cpu, oct_linear_backward_weight_args{.x = t[0], .dy = t[1], .dweight = dweight, .dbias = dbias});
    const std::vector<float> rates = cpu.read(t[5]).floats;
    const auto rate = static_cast<double>(rates[0]), scale = static_cast<double>(rates[1]);
    const Values g = cpu.read(dweight);
    Values weight = cpu.read(t[2]);
    Values buffer = cpu.read(t[3]);
    for (size_t i = 0; i < g.floats.size(); ++i) {
      const double step = scale * static_cast<double>(g.floats[i]) + static_cast<double>(kDecay) * static_cast<double>(weight.floats[i]);
      const double moved = static_cast<double>(kMomentum) * static_cast<double>(buffer.floats[i]) + step;
      buffer.floats[i] = static_cast<float>(moved);
      weight.floats[i] = static_cast<float>(static_cast<double>(weight.floats[i]) - rate * (step + static_cast<double>(kMomentum) * moved));
    }
    cpu.write(t[2], weight);
    cpu.write(t[3], buffer);
    cpu.write(t[4], weight);
  };
  task.slack = [l](const Host& host) {
    // Gradients sum B products below 1; then at most eight roundings of values below 4 + B / 2.
    const auto b = static_cast<double>(l.b);
    const double gradient = 2 * std::min(b, 2 * std::sqrt(b) + 4) * kUnit * b;
    const double size = 8 * kUnit * (4 + b / 2);
    std::vector<std::vector<double>> slack(host.size());
    slack[2].assign(host[2].floats.size(), gradient + size);
    slack[3].assign(host[3].floats.size(), gradient + size);
    slack[4].assign(host[4].floats.size(), gradient + size);
    return slack;
  };
  return task;
}

// Sums over the rows of |gradient of a logit|, by class: the reference finds them, the tolerance needs them.
using ClassSums = std::shared_ptr<std::vector<double>>;

// The layer and the loss in one. Operands: x, weight, bias, offsets, labels; loss, dx, dweight, dbias.
Task with_softmax(const Head& l, int64_t chunk, int64_t labels, const ClassSums& sums, oct_dtype dtype) {
  Task task = blank(l, "linear_softmax", "cross_entropy", dtype);
  const LabelBatch batch = label_batch(l.b, l.v, labels);
  const float scale = 1 / static_cast<float>(l.b);
  task.shape += " chunk" + std::to_string(chunk) + " k" + std::to_string(labels);
  task.numbers["chunk"] = chunk;
  task.numbers["k"] = labels;
  // Logits twice, once a sweep, then both gradients.
  task.flops *= 4;
  task.operands = {
      {"x", dtype, {l.b, l.d}, Role::input},
      {"weight", dtype, {l.v, l.d}, Role::input, -l.weight_scale(), l.weight_scale()},
      {"bias", OCT_F32, {l.v}, Role::input},
      {"offsets", OCT_I32, {l.b + 1}, Role::input, 0, 0, [batch] { return bytes_from(batch.offsets); }},
      {"labels", OCT_I32, {static_cast<int64_t>(batch.labels.size())}, Role::input, 0, 0, [batch] { return bytes_from(batch.labels); }},
      {"loss", OCT_F32, {l.b}, Role::output},
      {"dx", dtype, {l.b, l.d}, Role::output},
      {"dweight", OCT_F32, {l.v, l.d}, Role::output},
      {"dbias", OCT_F32, {l.v}, Role::output}};
  task.prepare = [chunk, scale](const Device& device, const Tensors& t) {
    return Call(device, oct_linear_softmax_cross_entropy_args{.x = t[0],
                                                              .weight = t[1],
                                                              .bias = t[2],
                                                              .offsets = t[3],
                                                              .labels = t[4],
                                                              .loss = t[5],
                                                              .dx = t[6],
                                                              .dweight = t[7],
                                                              .dbias = t[8],
                                                              .chunk = chunk,
                                                              .gradient_scale = scale});
  };
  task.reference = [l, scale, sums](const Device& cpu, const Tensors& t) {
    const Memory memory(cpu.context(), static_cast<size_t>(l.b * l.v) * 4);
    const oct_tensor logits = tensor_of(memory.data(), OCT_F32, {l.b, l.v});
    run_once(cpu, oct_linear_forward_args{.x = t[0], .weight = t[1], .bias = t[2], .y = logits});
    run_once(cpu, oct_softmax_cross_entropy_args{
                      .logits = logits, .offsets = t[3], .labels = t[4], .loss = t[5], .dlogits = logits, .gradient_scale = scale});
    const std::vector<float> gradients = cpu.read(logits).floats;
    sums->assign(static_cast<size_t>(l.v), 0);
    for (size_t i = 0; i < gradients.size(); ++i) (*sums)[i % sums->size()] += std::fabs(static_cast<double>(gradients[i]));
    run_once(cpu, oct_linear_backward_data_args{.dy = logits, .weight = t[1], .dx = t[6]});
    run_once(cpu, oct_linear_backward_weight_args{.x = t[0], .dy = logits, .dweight = t[7], .dbias = t[8]});
  };
  task.slack = [l, dtype, scale, sums](const Host& host) {
    // A logit sums D products of average magnitude below weight_scale; its error is that of its exponential, relative.
    const auto d = static_cast<double>(l.d);
    const double logit = 2 * (2 * std::sqrt(d) + 4) * kUnit * d * static_cast<double>(l.weight_scale());
    const double relative = 0x1p-14 + 2 * logit + rounding(dtype);
    // The magnitudes of a row's logit gradients add up to 2 scale at most.
    const double total = 2 * static_cast<double>(scale);
    std::vector<std::vector<double>> slack(host.size());
    for (const float loss : host[5].floats) slack[5].push_back(0x1p-14 + 2 * logit + 0x1p-22 * std::fabs(static_cast<double>(loss)));
    slack[6].assign(host[6].floats.size(), relative * total * static_cast<double>(l.weight_scale()));
    for (const double sum : *sums) {
      slack[7].insert(slack[7].end(), static_cast<size_t>(l.d), relative * sum);
      slack[8].push_back(relative * sum);
    }
    return slack;
  };
  return task;
}

}  // namespace

void add_linear(const Choice& choice, std::vector<Maker>* all) {
  std::vector<Head> heads;
  for (const auto& v : lines_of("linear", "B D V", choice)) heads.push_back({v[0], v[1], v[2]});
  const auto push = [&](auto make) {
    all->push_back([make](oct_dtype dtype) {
      Task task = make(dtype);
      task.bytes = bytes_of(task.operands);
      return task;
    });
  };
  for (const Head& l : heads) {
    for (const auto make : {forward, backward_data, backward_weight, backward_weight_sgd}) {
      push([l, make](oct_dtype dtype) { return make(l, dtype); });
    }
  }
  for (const auto& v : lines_of("linear_softmax", "B D V chunk:0 k", choice)) {
    const Head head{v[0], v[1], v[2]};
    const ClassSums sums = std::make_shared<std::vector<double>>();
    push([head, chunk = v[3], labels = v[4], sums](oct_dtype dtype) { return with_softmax(head, chunk, labels, sums, dtype); });
  }
}

}  // namespace oct::bench
