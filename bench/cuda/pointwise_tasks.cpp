// Element by element: ReLU, sums, conversions, pixels; and the optimizer.
#include <cmath>

#include "task.h"

namespace oct::bench {
namespace {

Task blank(const char* operation, const char* pass, const std::vector<int64_t>& shape, oct_dtype dtype) {
  Task task;
  task.operation = operation;
  task.pass = pass;
  task.shape =
      "N" + std::to_string(shape[0]) + " " + std::to_string(shape[1]) + "x" + std::to_string(shape[2]) + " C" + std::to_string(shape[3]);
  task.dtype = dtype;
  task.numbers = {{"n", shape[0]}, {"h", shape[1]}, {"w", shape[2]}, {"c", shape[3]}};
  return task;
}

// Outputs with the same bits on every device.
std::vector<std::vector<double>> exact(const Host& host) {
  std::vector<std::vector<double>> slack(host.size());
  for (size_t i = 0; i < host.size(); ++i) slack[i].assign(host[i].floats.size(), 0);
  return slack;
}

Task relu_forward(const std::vector<int64_t>& shape, oct_dtype dtype) {
  Task task = blank("relu", "forward", shape, dtype);
  task.operands = {{"x", dtype, shape, Role::input}, {"y", dtype, shape, Role::output}};
  task.prepare = [](const Device& device, const Tensors& t) { return Call(device, oct_relu_forward_args{.x = t[0], .y = t[1]}); };
  task.slack = exact;
  return task;
}

Task relu_backward(const std::vector<int64_t>& shape, oct_dtype dtype) {
  Task task = blank("relu", "backward", shape, dtype);
  task.operands = {{"y", dtype, shape, Role::input}, {"dy", dtype, shape, Role::input}, {"dx", dtype, shape, Role::output}};
  task.prepare = [](const Device& device, const Tensors& t) {
    return Call(device, oct_relu_backward_args{.y = t[0], .dy = t[1], .dx = t[2]});
  };
  task.slack = exact;
  return task;
}

Task add(const std::vector<int64_t>& shape, oct_dtype dtype) {
  Task task = blank("add", "forward", shape, dtype);
  task.operands = {{"a", dtype, shape, Role::input}, {"b", dtype, shape, Role::input}, {"y", dtype, shape, Role::output}};
  task.prepare = [](const Device& device, const Tensors& t) { return Call(device, oct_add_args{.a = t[0], .b = t[1], .y = t[2]}); };
  task.slack = exact;  // one addition, rounded once: what remains is the rounding to BF16
  return task;
}

// From the other type to this one: BF16 to F32 for F32 tasks.
Task convert(const std::vector<int64_t>& shape, oct_dtype dtype) {
  Task task = blank("convert", dtype == OCT_BF16 ? "from_f32" : "from_bf16", shape, dtype);
  task.operands = {{"x", dtype == OCT_BF16 ? OCT_F32 : OCT_BF16, shape, Role::input}, {"y", dtype, shape, Role::output}};
  task.prepare = [](const Device& device, const Tensors& t) { return Call(device, oct_convert_args{.x = t[0], .y = t[1]}); };
  task.reference = [](const Device& cpu, const Tensors& t) { cpu.write(t[1], cpu.read(t[0])); };
  task.slack = exact;
  return task;
}

Task normalize_pixels(const std::vector<int64_t>& shape, oct_dtype dtype) {
  Task task = blank("convert", "normalize_pixels", shape, dtype);
  const auto pixels = [count = product(shape)] {
    std::vector<uint8_t> bytes(static_cast<size_t>(count));
    uint32_t state = 1;
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>((state = state * 1664525u + 1013904223u) >> 24);
    return bytes;
  };
  task.operands = {{"x", OCT_U8, shape, Role::input, 0, 0, pixels}, {"y", dtype, shape, Role::output}};
  task.prepare = [](const Device& device, const Tensors& t) {
    return Call(device, oct_normalize_pixels_args{
                            .x = t[0], .y = t[1], .mean = {0.485f, 0.456f, 0.406f, 0.5f}, .deviation = {0.229f, 0.224f, 0.225f, 0.25f}});
  };
  task.slack = [](const Host& host) {
    // Four roundings of parts no larger than (1 + 0.5) / 0.22, on each device.
    std::vector<std::vector<double>> slack(host.size());
    slack[1].assign(host[1].floats.size(), 2 * 4 * kUnit * 7);
    return slack;
  };
  return task;
}

}  // namespace

void add_pointwise(const Choice& choice, std::vector<Maker>* all) {
  using Make = Task (*)(const std::vector<int64_t>&, oct_dtype);
  const auto push = [&](const char* file, std::initializer_list<Make> makes, int64_t most_channels) {
    for (const auto& v : lines_of(file, "N H W C", choice)) {
      if (v[3] > most_channels) continue;
      const std::vector<int64_t> shape = {choice.shapes == "layer" ? choice.batch * v[0] : v[0], v[1], v[2], v[3]};
      for (const Make make : makes) {
        all->push_back([shape, make](oct_dtype dtype) {
          Task task = make(shape, dtype);
          task.bytes = bytes_of(task.operands);
          return task;
        });
      }
    }
  };
  constexpr int64_t kAny = INT64_MAX;
  push("relu", {relu_forward, relu_backward}, kAny);
  push("add", {add}, kAny);
  push("convert", {convert}, kAny);
  push("normalize_pixels", {normalize_pixels}, 4);
}

// Operands: parameter, gradient, buffer, parameter_bf16, segment ends, decays, rates. One type: F32.
void add_optimizer(const Choice& choice, std::vector<Maker>* all) {
  for (const auto& v : lines_of("sgd", "n S", choice)) {
    all->push_back([v](oct_dtype dtype) {
      const int64_t n = v[0];
      const int64_t segments = v[1];
      std::vector<int64_t> ends;
      for (int64_t s = 0; s < segments; ++s) ends.push_back(n * (s + 1) / segments);
      Task task;
      task.operation = "sgd";
      task.pass = "step";
      task.shape = "n" + std::to_string(n) + " S" + std::to_string(segments);
      task.dtype = dtype;
      task.numbers = {{"n", n}, {"segments", segments}};
      if (dtype == OCT_BF16) return task;  // there is none: no operands
      task.operands = {{"parameter", OCT_F32, {n}, Role::both},
                       {"gradient", OCT_F32, {n}, Role::input},
                       {"buffer", OCT_F32, {n}, Role::both},
                       {"parameter_bf16", OCT_BF16, {n}, Role::output},
                       {"segment_ends", OCT_I64, {segments}, Role::input, 0, 0, [ends] { return bytes_from(ends); }},
                       {"segment_decay", OCT_F32, {segments}, Role::input, 0, 0.1f},
                       {"rates", OCT_F32, {2}, Role::input, 0.1f, 0.5f}};
      task.prepare = [](const Device& device, const Tensors& t) {
        return Call(device, oct_sgd_step_args{.parameter = t[0],
                                              .gradient = t[1],
                                              .buffer = t[2],
                                              .parameter_bf16 = t[3],
                                              .segment_ends = t[4],
                                              .segment_decay = t[5],
                                              .rates = t[6],
                                              .momentum = 0.9f,
                                              .nesterov = 1});
      };
      task.slack = [](const Host& host) {
        // At most eight roundings of values below 4 on each device.
        std::vector<std::vector<double>> slack(host.size());
        for (const size_t i : {size_t{0}, size_t{2}, size_t{3}}) slack[i].assign(host[i].floats.size(), 2 * 8 * kUnit * 4);
        return slack;
      };
      task.bytes = bytes_of(task.operands);
      return task;
    });
  }
}

}  // namespace oct::bench
