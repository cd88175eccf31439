// Grouped convolutions of tests/shapes, and the 1x1 convolutions of ResNeXt-101: every pass, and the forward pass between two batch
// normalizations.
#include <algorithm>
#include <cmath>
#include <set>

#include "../../tests/contract/support/conv_shape.h"
#include "task.h"

namespace oct::bench {
namespace {

Task blank(const ConvShape& l, const char* pass, oct_dtype dtype) {
  Task task;
  task.operation = "grouped_conv";
  task.pass = pass;
  task.shape = l.text();
  task.dtype = dtype;
  task.numbers = {{"n", l.n},
                  {"h", l.h},
                  {"w", l.w},
                  {"c", l.c},
                  {"k", l.k},
                  {"g", l.conv.groups},
                  {"r", l.r},
                  {"s", l.s},
                  {"stride_h", l.conv.stride_h},
                  {"stride_w", l.conv.stride_w},
                  {"padding_h", l.conv.padding_h},
                  {"padding_w", l.conv.padding_w},
                  {"dilation_h", l.conv.dilation_h},
                  {"dilation_w", l.conv.dilation_w}};
  task.flops = 2.0 * static_cast<double>(product(l.y())) * static_cast<double>(l.terms());
  return task;
}

Task forward(const ConvShape& l, oct_dtype dtype) {
  Task task = blank(l, "forward", dtype);
  task.operands = {{"x", dtype, l.x(), Role::input},
                   {"weight", dtype, l.weight(), Role::input},
                   {"bias", OCT_F32, {l.k}, Role::input},
                   {"y", dtype, l.y(), Role::output}};
  task.terms = l.terms() + 1;
  task.prepare = [conv = l.conv](const Device& device, const Tensors& t) {
    return Call(device, oct_grouped_conv_forward_args{.x = t[0], .weight = t[1], .bias = t[2], .y = t[3], .conv = conv});
  };
  return task;
}

Task backward_data(const ConvShape& l, oct_dtype dtype) {
  Task task = blank(l, "backward_data", dtype);
  task.operands = {{"dy", dtype, l.y(), Role::input}, {"weight", dtype, l.weight(), Role::input}, {"dx", dtype, l.x(), Role::output}};
  task.terms = l.r * l.s * l.k / l.conv.groups;
  task.prepare = [conv = l.conv](const Device& device, const Tensors& t) {
    return Call(device, oct_grouped_conv_backward_data_args{.dy = t[0], .weight = t[1], .dx = t[2], .conv = conv});
  };
  return task;
}

Task backward_weight(const ConvShape& l, oct_dtype dtype) {
  Task task = blank(l, "backward_weight", dtype);
  task.operands = {{"x", dtype, l.x(), Role::input},
                   {"dy", dtype, l.y(), Role::input},
                   {"dweight", OCT_F32, l.weight(), Role::output},
                   {"dbias", OCT_F32, {l.k}, Role::output}};
  task.terms = l.n * l.p() * l.q();
  task.prepare = [conv = l.conv](const Device& device, const Tensors& t) {
    return Call(device, oct_grouped_conv_backward_weight_args{.x = t[0], .dy = t[1], .dweight = t[2], .dbias = t[3], .conv = conv});
  };
  return task;
}

constexpr size_t kScale = 1, kShift = 2, kWeight = 3, kY = 5, kMean = 6, kVariance = 7;  // operands of forward_fused

// What the prologue makes of x: rounded as the task's type is.
std::vector<float> prologue(const Host& host, oct_dtype dtype) {
  std::vector<float> x = host[0].floats;
  const size_t channels = host[kScale].floats.size();
  for (size_t i = 0; i < x.size(); ++i) {
    const float value = std::max(0.0f, std::fmaf(x[i], host[kScale].floats[i % channels], host[kShift].floats[i % channels]));
    x[i] = dtype == OCT_BF16 ? from_bf16(to_bf16(value)) : value;
  }
  return x;
}

Task forward_fused(const ConvShape& l, oct_dtype dtype) {
  Task task = blank(l, "forward_fused", dtype);
  task.operands = {{"x", dtype, l.x(), Role::input},
                   {"input_scale", OCT_F32, {l.c}, Role::input, 0.5f, 1.5f},
                   {"input_shift", OCT_F32, {l.c}, Role::input, -0.5f, 0.5f},
                   {"weight", dtype, l.weight(), Role::input},
                   {"bias", OCT_F32, {l.k}, Role::input},
                   {"y", dtype, l.y(), Role::output},
                   {"y_mean", OCT_F32, {l.k}, Role::output},
                   {"y_variance", OCT_F32, {l.k}, Role::output}};
  task.prepare = [conv = l.conv](const Device& device, const Tensors& t) {
    return Call(device, oct_grouped_conv_forward_fused_args{.x = t[0],
                                                            .input_scale = t[kScale],
                                                            .input_shift = t[kShift],
                                                            .weight = t[kWeight],
                                                            .bias = t[4],
                                                            .y = t[kY],
                                                            .y_mean = t[kMean],
                                                            .y_variance = t[kVariance],
                                                            .conv = conv,
                                                            .input_relu = 1});
  };
  // On the CPU the prologue is the host's, then the plain convolution; the statistics come later (adjust).
  task.reference = [=](const Device& cpu, const Tensors& t) {
    Host host(t.size());
    for (const size_t i : {size_t{0}, kScale, kShift}) host[i] = cpu.read(t[i]);
    Values x;
    x.floats = prologue(host, dtype);
    const Memory memory(cpu.context(), x.floats.size() * 4);
    const oct_tensor seen = tensor_of(memory.data(), OCT_F32, l.x());
    cpu.write(seen, x);
    run_once(cpu, oct_grouped_conv_forward_args{.x = seen, .weight = t[kWeight], .bias = t[4], .y = t[kY], .conv = l.conv});
  };
  task.slack = [=](const Host& host) {
    std::vector<std::vector<double>> slack(host.size());
    // At most `terms` products of |x| <= 2 and |weight| <= 1, average magnitude below 1/2, twice rounded in any order; and two values of
    // the prologue that fell to the other side of a tie (2^-8 of 2).
    const auto terms = static_cast<double>(l.terms() + 1);
    slack[kY].assign(host[kY].floats.size(),
                     2 * (2 * std::sqrt(terms) + 4) * kUnit * terms + (dtype == OCT_BF16 ? 2 * 0x1p-8 * 2 : 4 * kUnit));
    // Statistics of outputs that are known exactly: 64 roundings of the largest deviation cover merged partial sums.
    const auto rows = static_cast<double>(l.n * l.p() * l.q());
    const double statistics = (64 + 2 * std::sqrt(rows)) * kUnit;
    for (size_t k = 0; k < host[kMean].floats.size(); ++k) {
      double largest = 0;
      for (size_t i = k; i < host[kY].floats.size(); i += static_cast<size_t>(l.k)) {
        largest = std::max(largest, std::fabs(static_cast<double>(host[kY].floats[i])));
      }
      slack[kMean].push_back(statistics * largest);
      slack[kVariance].push_back(statistics * largest * largest);
    }
    return slack;
  };
  task.adjust = [=](const Host& actual, Host* expected) {
    const auto channels = static_cast<size_t>(l.k);
    const std::vector<float>& y = actual[kY].floats;
    const double rows = static_cast<double>(y.size()) / static_cast<double>(channels);
    (*expected)[kMean].floats.assign(channels, 0);
    (*expected)[kVariance].floats.assign(channels, 0);
    for (size_t k = 0; k < channels; ++k) {
      double sum = 0;
      double squares = 0;
      for (size_t i = k; i < y.size(); i += channels) sum += static_cast<double>(y[i]);
      for (size_t i = k; i < y.size(); i += channels) squares += std::pow(static_cast<double>(y[i]) - sum / rows, 2);
      (*expected)[kMean].floats[k] = static_cast<float>(sum / rows);
      (*expected)[kVariance].floats[k] = static_cast<float>(squares / rows);
    }
  };
  return task;
}

// The 1x1 convolutions of ResNeXt-101 32x{4,8,16,32,48}d at 224 pixels: into the width and out of it, and the projections.
std::vector<ConvShape> pointwise_layers(int64_t batch) {
  std::vector<ConvShape> layers;
  std::set<std::string> seen;
  const auto add = [&](int64_t side, int64_t in, int64_t out, int64_t stride) {
    const ConvShape l = ConvShape::pointwise(batch, side, side, in, out, stride);
    if (seen.insert(l.text()).second) layers.push_back(l);
  };
  for (const int64_t per_group : {4, 8, 16, 32, 48}) {
    for (int64_t stage = 0; stage < 4; ++stage) {
      const int64_t side = 56 >> stage;
      const int64_t width = 32 * per_group << stage;
      const int64_t out = int64_t{256} << stage;
      if (stage == 0) {
        add(56, 64, width, 1);
        add(56, 64, out, 1);
      } else {
        add(2 * side, out / 2, width, 1);
        add(2 * side, out / 2, out, 2);
      }
      add(side, out, width, 1);
      add(side, width, out, 1);
    }
  }
  return layers;
}

}  // namespace

void add_convolutions(const Choice& choice, std::vector<Maker>* all) {
  std::vector<ConvShape> layers;
  const char* const columns = "N H W C K G R S stride_h stride_w padding_h:0 padding_w:0 dilation_h dilation_w";
  for (const auto& v : lines_of("grouped_conv", columns, choice)) {
    layers.push_back(ConvShape::of(v));
    if (choice.shapes == "layer") layers.back().n *= choice.batch;
  }
  if (choice.shapes == "layer") {
    for (const ConvShape& l : pointwise_layers(choice.batch)) layers.push_back(l);
  }
  for (const ConvShape& l : layers) {
    for (const auto make : {forward, backward_data, backward_weight, forward_fused}) {
      all->push_back([l, make](oct_dtype dtype) {
        Task task = make(l, dtype);
        task.bytes = bytes_of(task.operands);
        return task;
      });
    }
  }
}

}  // namespace oct::bench
