#include "conv_runs.h"

#include "../oracles/grouped_conv.h"

namespace oct::test {
namespace {

/// The outputs of one run: the first is compared with `expected`.
std::vector<oct_tensor> outputs_of(ConvPass pass, const ConvTensors& t, const Fusion& fusion, bool with_bias) {
  switch (pass) {
    case ConvPass::backward_data:
      return {t.dx};
    case ConvPass::backward_weight:
      return with_bias ? std::vector<oct_tensor>{t.dweight, t.dbias} : std::vector<oct_tensor>{t.dweight};
    case ConvPass::forward_fused:
      return fusion.moments ? std::vector<oct_tensor>{t.y, t.mean, t.variance} : std::vector<oct_tensor>{t.y};
    default:
      return {t.y};
  }
}

Sums expected_of(ConvPass pass, const ConvShape& shape, oct_dtype dtype, const ConvValues& v, const Fusion& fusion) {
  const std::vector<float> bias = fusion.bias ? v.bias : std::vector<float>();
  switch (pass) {
    case ConvPass::backward_data:
      return conv_backward_data(shape, v.dy, v.weight);
    case ConvPass::backward_weight:
      return conv_backward_weight(shape, v.x, v.dy);
    case ConvPass::forward_fused:
      if (fusion.prologue) return conv_forward(shape, conv_prologue(dtype, v.x, v.scale, v.shift, fusion.relu), v.weight, bias);
      [[fallthrough]];
    default:
      return conv_forward(shape, v.x, v.weight, bias);
  }
}

}  // namespace

const char* name_of(ConvPass pass) {
  switch (pass) {
    case ConvPass::forward:
      return "forward";
    case ConvPass::forward_fused:
      return "forward_fused";
    case ConvPass::backward_data:
      return "backward_data";
    default:
      return "backward_weight";
  }
}

ConvValues::ConvValues(const ConvShape& l, oct_dtype dtype, uint64_t seed, float offset)
    : x(rounded(dtype, random_values(product(l.x()), seed))),
      weight(rounded(dtype, random_values(product(l.weight()), seed + 1))),
      bias(random_values(l.k, seed + 3, offset - 1, offset + 1)),
      dy(rounded(dtype, random_values(product(l.y()), seed + 2))),
      scale(random_values(l.c, seed + 4, -2, 2)),
      shift(random_values(l.c, seed + 5)) {}

ConvTensors tensors_of(Device& device, const ConvShape& l, oct_dtype dtype, const ConvValues& v) {
  ConvTensors t{};
  t.x = device.of(dtype, l.x(), v.x);
  t.weight = device.of(dtype, l.weight(), v.weight);
  t.bias = device.of(OCT_F32, {l.k}, v.bias);
  t.dy = device.of(dtype, l.y(), v.dy);
  t.scale = device.of(OCT_F32, {l.c}, v.scale);
  t.shift = device.of(OCT_F32, {l.c}, v.shift);
  t.y = device.empty(dtype, l.y());
  t.dx = device.empty(dtype, l.x());
  t.dweight = device.empty(OCT_F32, l.weight());
  for (oct_tensor* vector : {&t.dbias, &t.mean, &t.variance}) *vector = device.empty(OCT_F32, {l.k});
  return t;
}

oct_status run_conv(Device& device, ConvPass pass, const ConvShape& l, const ConvTensors& t, const Fusion& fusion) {
  const oct_tensor absent{}, bias = fusion.bias ? t.bias : absent;
  switch (pass) {
    case ConvPass::forward:
      return test::run(device, oct_grouped_conv_forward_args{.x = t.x, .weight = t.weight, .bias = bias, .y = t.y, .conv = l.conv});
    case ConvPass::backward_data:
      return test::run(device, oct_grouped_conv_backward_data_args{.dy = t.dy, .weight = t.weight, .dx = t.dx, .conv = l.conv});
    case ConvPass::backward_weight:
      return test::run(device, oct_grouped_conv_backward_weight_args{
                                   .x = t.x, .dy = t.dy, .dweight = t.dweight, .dbias = fusion.bias ? t.dbias : absent, .conv = l.conv});
    default:
      return test::run(device, oct_grouped_conv_forward_fused_args{.x = t.x,
                                                                   .input_scale = fusion.prologue ? t.scale : absent,
                                                                   .input_shift = fusion.prologue ? t.shift : absent,
                                                                   .weight = t.weight,
                                                                   .bias = bias,
                                                                   .y = t.y,
                                                                   .y_mean = fusion.moments ? t.mean : absent,
                                                                   .y_variance = fusion.moments ? t.variance : absent,
                                                                   .conv = l.conv,
                                                                   .input_relu = fusion.relu ? 1 : 0});
  }
}

void ConvRuns::run(ConvPass pass, const ConvShape& shape, oct_dtype dtype, uint64_t seed, const Fusion& fusion) {
  if (HasFailure() || (on_cpu() && pass == ConvPass::forward_fused)) return;
  Device device({.first = first_});
  const ConvValues values(shape, dtype, seed, fusion.offset);
  ConvTensors t = tensors_of(device, shape, dtype, values);
  const Sums expected = expected_of(pass, shape, dtype, values, fusion);
  std::vector<std::string> variants = device.choices("grouped_conv", name_of(pass));
  if (first_ > 0 && !variants.back().empty()) variants.emplace_back("");  // the device's choice
  for (const std::string& variant : variants) {
    if (variant.rfind(beginning_, 0) != 0 || (tuned_ && variant.find("direct") != std::string::npos)) continue;
    device.use(variant);
    const std::string what = variant + " " + name_of(pass) + " " + test::name_of(dtype) + " " + shape.text();
    std::vector<std::vector<uint8_t>> before;
    const bool weights = pass == ConvPass::backward_weight;
    for (int repeat = 0; repeat < (weights || (!tuned_ && dtype == OCT_BF16) ? 2 : 1); ++repeat) {
      Fusion asked = fusion;
      asked.bias = weights ? repeat == 0 : fusion.bias;  // the second weight gradient goes without dbias
      t.y = device.empty(dtype, shape.y());
      t.dx = device.empty(dtype, shape.x());
      t.dweight = device.empty(OCT_F32, shape.weight());
      const oct_status status = run_conv(device, pass, shape, t, asked);
      if (status == OCT_UNSUPPORTED && !variant.empty()) break;
      ASSERT_EQ(status, OCT_OK) << what << ": " << oct_last_error();
      std::vector<std::vector<uint8_t>> bits;
      for (const oct_tensor& output : outputs_of(pass, t, fusion, asked.bias)) bits.push_back(device.read_bytes(output));
      if (repeat == 0) {
        const std::vector<float> result = device.read(outputs_of(pass, t, fusion, false)[0]);
        expect_sums(what, weights ? OCT_F32 : dtype, expected, result);
        if (weights) expect_sums(what + " dbias", OCT_F32, conv_backward_bias(shape, values.dy), device.read(t.dbias));
        if (pass == ConvPass::forward_fused && fusion.moments) expect_moments(what, result, device.read(t.mean), device.read(t.variance));
        before = bits;
        ++runs_[variant];
      } else {
        if (weights) before.pop_back();
        EXPECT_EQ(bits, before) << what << ": two runs differ";
      }
      if (HasFailure()) return;
    }
  }
}

}  // namespace oct::test
