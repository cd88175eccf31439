// Fully connected layers: the passes alone, with the optimiser, and with the loss.
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
  task.workspace = [](oct_context* context, const Tensors& t, size_t* bytes) {
    return oct_linear_workspace(context, OCT_FORWARD, at(t, 0), at(t, 1), at(t, 3), bytes);
  };
  task.run = [](oct_context* context, const Tensors& t, void* workspace, size_t bytes) {
    return oct_linear_forward(context, at(t, 0), at(t, 1), at(t, 2), at(t, 3), workspace, bytes);
  };
  return task;
}

Task backward_data(const Head& l, oct_dtype dtype) {
  Task task = blank(l, "linear", "backward_data", dtype);
  task.operands = {
      {"dy", dtype, {l.b, l.v}, Role::input}, {"weight", dtype, {l.v, l.d}, Role::input}, {"dx", dtype, {l.b, l.d}, Role::output}};
  task.terms = l.v;
  task.workspace = [](oct_context* context, const Tensors& t, size_t* bytes) {
    return oct_linear_workspace(context, OCT_BACKWARD_DATA, at(t, 2), at(t, 1), at(t, 0), bytes);
  };
  task.run = [](oct_context* context, const Tensors& t, void* workspace, size_t bytes) {
    return oct_linear_backward_data(context, at(t, 0), at(t, 1), at(t, 2), workspace, bytes);
  };
  return task;
}

// x and weight have one type where a workspace is asked for, though dweight is F32.
oct_status weight_workspace(oct_context* context, const oct_tensor* x, const oct_tensor* dy, const oct_tensor* dweight, size_t* bytes) {
  oct_tensor weight = *dweight;
  weight.dtype = x->dtype;
  return oct_linear_workspace(context, OCT_BACKWARD_WEIGHT, x, &weight, dy, bytes);
}

Task backward_weight(const Head& l, oct_dtype dtype) {
  Task task = blank(l, "linear", "backward_weight", dtype);
  task.operands = {{"x", dtype, {l.b, l.d}, Role::input},
                   {"dy", dtype, {l.b, l.v}, Role::input},
                   {"dweight", OCT_F32, {l.v, l.d}, Role::output},
                   {"dbias", OCT_F32, {l.v}, Role::output}};
  task.terms = l.b;
  task.workspace = [](oct_context* context, const Tensors& t, size_t* bytes) {
    return weight_workspace(context, at(t, 0), at(t, 1), at(t, 2), bytes);
  };
  task.run = [](oct_context* context, const Tensors& t, void* workspace, size_t bytes) {
    return oct_linear_backward_weight(context, at(t, 0), at(t, 1), at(t, 2), at(t, 3), workspace, bytes);
  };
  return task;
}

constexpr float kRate = 0.1f, kMomentum = 0.9f, kDecay = 1e-4f;
const oct_sgd kStep{kRate, kMomentum, 1, 0, 0.5f};

Task backward_weight_sgd(const Head& l, oct_dtype dtype) {
  Task task = blank(l, "linear", "backward_weight_sgd", dtype);
  task.operands = {{"x", dtype, {l.b, l.d}, Role::input},
                   {"dy", dtype, {l.b, l.v}, Role::input},
                   {"weight", OCT_F32, {l.v, l.d}, Role::both},
                   {"buffer", OCT_F32, {l.v, l.d}, Role::both},
                   {"weight_bf16", OCT_BF16, {l.v, l.d}, Role::output}};
  task.workspace = [](oct_context* context, const Tensors& t, size_t* bytes) {
    return weight_workspace(context, at(t, 0), at(t, 1), at(t, 2), bytes);
  };
  task.run = [](oct_context* context, const Tensors& t, void* workspace, size_t bytes) {
    return oct_linear_backward_weight_sgd(context, &kStep, kDecay, at(t, 0), at(t, 1), at(t, 2), at(t, 3), at(t, 4), workspace, bytes);
  };
  task.reference = [l](const Device& cpu, const Tensors& t) {
    const Memory gradient(cpu.context(), static_cast<size_t>(l.v * l.d) * 4);
    const Memory bias(cpu.context(), static_cast<size_t>(l.v) * 4);
    const oct_tensor dweight = tensor_of(gradient.data(), OCT_F32, {l.v, l.d});
    const oct_tensor dbias = tensor_of(bias.data(), OCT_F32, {l.v});
    size_t bytes = 0;
    need(weight_workspace(cpu.context(), at(t, 0), at(t, 1), &dweight, &bytes));
    const Memory workspace(cpu.context(), bytes);
    need(oct_linear_backward_weight(cpu.context(), at(t, 0), at(t, 1), &dweight, &dbias, workspace.data(), bytes));
    const Values g = cpu.read(dweight);
    Values weight = cpu.read(t[2]);
    Values buffer = cpu.read(t[3]);
    for (size_t i = 0; i < g.floats.size(); ++i) {
      const double step = 0.5 * static_cast<double>(g.floats[i]) + static_cast<double>(kDecay) * static_cast<double>(weight.floats[i]);
      const double moved = static_cast<double>(kMomentum) * static_cast<double>(buffer.floats[i]) + step;
      buffer.floats[i] = static_cast<float>(moved);
      weight.floats[i] = static_cast<float>(static_cast<double>(weight.floats[i]) -
                                            static_cast<double>(kRate) * (step + static_cast<double>(kMomentum) * moved));
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
  task.workspace = [chunk](oct_context* context, const Tensors& t, size_t* bytes) {
    return oct_linear_softmax_workspace(context, at(t, 0), at(t, 1), chunk, bytes);
  };
  task.run = [chunk, scale](oct_context* context, const Tensors& t, void* workspace, size_t bytes) {
    return oct_linear_softmax_cross_entropy(context, at(t, 0), at(t, 1), at(t, 2), at(t, 3), at(t, 4), scale, chunk, at(t, 5), at(t, 6),
                                            at(t, 7), at(t, 8), workspace, bytes);
  };
  task.reference = [l, scale, sums](const Device& cpu, const Tensors& t) {
    const Memory memory(cpu.context(), static_cast<size_t>(l.b * l.v) * 4);
    const oct_tensor logits = tensor_of(memory.data(), OCT_F32, {l.b, l.v});
    size_t most = 0;
    size_t bytes = 0;
    need(oct_linear_workspace(cpu.context(), OCT_FORWARD, at(t, 0), at(t, 1), &logits, &most));
    need(oct_linear_workspace(cpu.context(), OCT_BACKWARD_DATA, at(t, 6), at(t, 1), &logits, &bytes));
    most = std::max(most, bytes);
    need(weight_workspace(cpu.context(), at(t, 0), &logits, at(t, 7), &bytes));
    most = std::max(most, bytes);
    const Memory workspace(cpu.context(), most);
    need(oct_linear_forward(cpu.context(), at(t, 0), at(t, 1), at(t, 2), &logits, workspace.data(), most));
    need(oct_softmax_cross_entropy(cpu.context(), &logits, at(t, 3), at(t, 4), scale, at(t, 5), &logits));
    const std::vector<float> gradients = cpu.read(logits).floats;
    sums->assign(static_cast<size_t>(l.v), 0);
    for (size_t i = 0; i < gradients.size(); ++i) (*sums)[i % sums->size()] += std::fabs(static_cast<double>(gradients[i]));
    need(oct_linear_backward_data(cpu.context(), &logits, at(t, 1), at(t, 6), workspace.data(), most));
    need(oct_linear_backward_weight(cpu.context(), at(t, 0), &logits, at(t, 7), at(t, 8), workspace.data(), most));
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
