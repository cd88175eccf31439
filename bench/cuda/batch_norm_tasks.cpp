// Batch normalization: training and inference, forward and backward, with the residual add and the ReLU.
#include <algorithm>
#include <cmath>

#include "task.h"

namespace oct::bench {
namespace {

const oct_batch_norm kNorm{1e-5f, 0.1f, 1};

struct Layer {
  std::vector<int64_t> x;  // [N,H,W,C]
  int64_t channels() const { return x[3]; }
  int64_t rows() const { return x[0] * x[1] * x[2]; }
};

// Relative error of a sum of `rows` terms in chunks that are merged, twice: two devices.
double sum_error(const Layer& l) { return 2 * (32 + 2 * std::sqrt(static_cast<double>(l.rows()))) * kUnit; }

Task blank(const Layer& l, const char* pass, oct_dtype dtype) {
  Task task;
  task.operation = "batch_norm";
  task.pass = pass;
  task.shape = "N" + std::to_string(l.x[0]) + " " + std::to_string(l.x[1]) + "x" + std::to_string(l.x[2]) + " C" + std::to_string(l.x[3]);
  task.dtype = dtype;
  task.numbers = {{"n", l.x[0]}, {"h", l.x[1]}, {"w", l.x[2]}, {"c", l.x[3]}};
  return task;
}

Operand channel(const Layer& l, const char* name, Role role, float low = -1, float high = 1) {
  return {name, OCT_F32, {l.channels()}, role, low, high};
}

// Operands: x, weight, bias, residual, running mean, running variance; saved mean, saved rstd, y.
Task forward_training(const Layer& l, oct_dtype dtype) {
  Task task = blank(l, "forward_training", dtype);
  task.operands = {
      {"x", dtype, l.x, Role::input, -1, 2},  channel(l, "weight", Role::input),      channel(l, "bias", Role::input),
      {"residual", dtype, l.x, Role::input},  channel(l, "running_mean", Role::both), channel(l, "running_variance", Role::both, 0.5f, 2),
      channel(l, "saved_mean", Role::output), channel(l, "saved_rstd", Role::output), {"y", dtype, l.x, Role::output}};
  task.prepare = [](const Device& device, const Tensors& t) {
    return Call(device, oct_batch_norm_forward_training_args{.x = t[0],
                                                             .weight = t[1],
                                                             .bias = t[2],
                                                             .residual = t[3],
                                                             .running_mean = t[4],
                                                             .running_variance = t[5],
                                                             .saved_mean = t[6],
                                                             .saved_rstd = t[7],
                                                             .y = t[8],
                                                             .norm = kNorm});
  };
  task.slack = [l](const Host& host) {
    const double error = sum_error(l);
    std::vector<std::vector<double>> slack(host.size());
    for (size_t c = 0; c < static_cast<size_t>(l.channels()); ++c) {
      const double rstd = static_cast<double>(host[7].floats[c]);
      const double variance = std::min(3.0, 1 / (rstd * rstd));
      // x is in [-1,2): deviations below 3, magnitudes below 2.
      const double mean_error = error * 2;
      const double variance_error = error * (variance + 9 * kUnit) + 4 * mean_error * mean_error;
      slack[4].push_back(mean_error + 4 * kUnit);
      slack[5].push_back(2 * variance_error + 4 * kUnit * (2 + variance));
      slack[6].push_back(mean_error);
      slack[7].push_back(rstd * (variance_error * rstd * rstd + 4 * kUnit));
    }
    for (size_t i = 0; i < host[8].floats.size(); ++i) {
      const size_t c = i % static_cast<size_t>(l.channels());
      const double rstd = static_cast<double>(host[7].floats[c]);
      const double weight = std::fabs(static_cast<double>(host[1].floats[c]));
      const double normal = std::fabs((static_cast<double>(host[0].floats[i]) - static_cast<double>(host[6].floats[c])) * rstd) * weight;
      slack[8].push_back(weight * rstd * slack[6][c] + normal * (slack[7][c] / rstd + 8 * kUnit) + 8 * kUnit * (normal + 2));
    }
    return slack;
  };
  return task;
}

// Operands: x, weight, bias, residual, running mean, running variance; y.
Task forward_inference(const Layer& l, oct_dtype dtype) {
  Task task = blank(l, "forward_inference", dtype);
  task.operands = {{"x", dtype, l.x, Role::input},          channel(l, "weight", Role::input),
                   channel(l, "bias", Role::input),         {"residual", dtype, l.x, Role::input},
                   channel(l, "running_mean", Role::input), channel(l, "running_variance", Role::input, 0.5f, 2),
                   {"y", dtype, l.x, Role::output}};
  task.prepare = [](const Device& device, const Tensors& t) {
    return Call(device, oct_batch_norm_forward_inference_args{.x = t[0],
                                                              .weight = t[1],
                                                              .bias = t[2],
                                                              .residual = t[3],
                                                              .running_mean = t[4],
                                                              .running_variance = t[5],
                                                              .y = t[6],
                                                              .norm = kNorm});
  };
  task.slack = [](const Host& host) {
    // Eight roundings of values below 3 + 1 + 1 on each device.
    std::vector<std::vector<double>> slack(host.size());
    slack[6].assign(host[6].floats.size(), 2 * 8 * kUnit * 5);
    return slack;
  };
  return task;
}

// Operands: x, y, weight, mean, rstd or variance, dy; dx, dresidual, dweight, dbias.
std::vector<Operand> backward_operands(const Layer& l, oct_dtype dtype, const char* mean, const char* spread) {
  return {{"x", dtype, l.x, Role::input},   {"y", dtype, l.x, Role::input},           channel(l, "weight", Role::input),
          channel(l, mean, Role::input),    channel(l, spread, Role::input, 0.5f, 2), {"dy", dtype, l.x, Role::input},
          {"dx", dtype, l.x, Role::output}, {"dresidual", dtype, l.x, Role::output},  channel(l, "dweight", Role::output),
          channel(l, "dbias", Role::output)};
}

// |normal| is below 2 * 2, |dy| and |weight| below 1.
std::vector<std::vector<double>> backward_slack(const Layer& l, const Host& host) {
  const auto rows = static_cast<double>(l.rows());
  const double error = sum_error(l);
  std::vector<std::vector<double>> slack(host.size());
  // dx = weight rstd (dy - sum / rows - normal dot / rows): sums of magnitudes below rows and 4 rows.
  slack[6].assign(host[6].floats.size(), 2 * (error * (1 + 16) + 16 * kUnit * (1 + 1 + 16)));
  slack[7].assign(host[7].floats.size(), 0);
  slack[8].assign(host[8].floats.size(), (error + 6 * kUnit) * 4 * rows);
  slack[9].assign(host[9].floats.size(), error * rows);
  return slack;
}

Task backward_training(const Layer& l, oct_dtype dtype) {
  Task task = blank(l, "backward_training", dtype);
  task.operands = backward_operands(l, dtype, "saved_mean", "saved_rstd");
  task.prepare = [](const Device& device, const Tensors& t) {
    return Call(device, oct_batch_norm_backward_training_args{.x = t[0],
                                                              .y = t[1],
                                                              .weight = t[2],
                                                              .saved_mean = t[3],
                                                              .saved_rstd = t[4],
                                                              .dy = t[5],
                                                              .dx = t[6],
                                                              .dresidual = t[7],
                                                              .dweight = t[8],
                                                              .dbias = t[9],
                                                              .norm = kNorm});
  };
  task.slack = [l](const Host& host) { return backward_slack(l, host); };
  return task;
}

Task backward_inference(const Layer& l, oct_dtype dtype) {
  Task task = blank(l, "backward_inference", dtype);
  task.operands = backward_operands(l, dtype, "running_mean", "running_variance");
  task.prepare = [](const Device& device, const Tensors& t) {
    return Call(device, oct_batch_norm_backward_inference_args{.x = t[0],
                                                               .y = t[1],
                                                               .weight = t[2],
                                                               .running_mean = t[3],
                                                               .running_variance = t[4],
                                                               .dy = t[5],
                                                               .dx = t[6],
                                                               .dresidual = t[7],
                                                               .dweight = t[8],
                                                               .dbias = t[9],
                                                               .norm = kNorm});
  };
  task.slack = [l](const Host& host) { return backward_slack(l, host); };
  return task;
}

}  // namespace

void add_batch_norm(const Choice& choice, std::vector<Maker>* all) {
  for (const auto& v : lines_of("batch_norm", "N H W C", choice)) {
    const Layer layer{{choice.shapes == "layer" ? choice.batch * v[0] : v[0], v[1], v[2], v[3]}};
    for (const auto make : {forward_training, forward_inference, backward_training, backward_inference}) {
      all->push_back([layer, make](oct_dtype dtype) {
        Task task = make(layer, dtype);
        // The statistics need x before y can be written: where x does not fit in L2 it is read twice. The floor counts once.
        task.bytes = bytes_of(task.operands);
        return task;
      });
    }
  }
}

}  // namespace oct::bench
