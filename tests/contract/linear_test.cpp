#include "oracles/linear.h"

#include "oracles/sgd.h"

namespace oct::test {
namespace {

/// Operands, what the type keeps of them.
struct Layer {
  oct_dtype dtype;
  LinearShape s;
  std::vector<float> x, weight, bias, dy;

  Layer(oct_dtype type, const LinearShape& shape)
      : dtype(type),
        s(shape),
        x(rounded(type, random_values(s.b * s.d, 1))),
        weight(rounded(type, random_values(s.v * s.d, 2))),
        bias(random_values(s.v, 3)),
        dy(rounded(type, random_values(s.b * s.v, 4))) {}
};

struct Outputs {
  std::vector<float> y, dx, dweight, dbias;
  bool operator==(const Outputs&) const = default;
};

/// All passes; on a device with variants the one of the type's tile.
Outputs run_all(const Layer& layer, const Device::Options& options = {}, bool biases = true) {
  Device device(options);
  const LinearShape& s = layer.s;
  const oct_tensor x = device.of(layer.dtype, {s.b, s.d}, layer.x), weight = device.of(layer.dtype, {s.v, s.d}, layer.weight);
  const oct_tensor bias = device.of(OCT_F32, {s.v}, layer.bias), dy = device.of(layer.dtype, {s.b, s.v}, layer.dy);
  const oct_tensor y = device.empty(layer.dtype, {s.b, s.v}), dx = device.empty(layer.dtype, {s.b, s.d});
  const oct_tensor dweight = device.empty(OCT_F32, {s.v, s.d}), dbias = device.empty(OCT_F32, {s.v}), absent{};
  const auto use = [&](const std::string& pass) {
    if (!on_cpu()) device.use("linear_" + pass + (layer.dtype == OCT_BF16 ? "_mma" : "_simt"));
  };
  use("forward");
  EXPECT_RUNS(device, oct_linear_forward_args{.x = x, .weight = weight, .bias = biases ? bias : absent, .y = y});
  use("backward_data");
  EXPECT_RUNS(device, oct_linear_backward_data_args{.dy = dy, .weight = weight, .dx = dx});
  use("backward_weight");
  EXPECT_RUNS(device, oct_linear_backward_weight_args{.x = x, .dy = dy, .dweight = dweight, .dbias = biases ? dbias : absent});
  return {device.read(y), device.read(dx), device.read(dweight), biases ? device.read(dbias) : std::vector<float>()};
}

std::vector<LinearShape> all_shapes() {
  std::vector<LinearShape> found;
  // Of a large vocabulary a few tiles and its own remainder: more whole tiles would take time and show nothing.
  for (const std::vector<int64_t>& line : shapes("linear", 3)) {
    found.push_back({line[0], line[1], line[2] > 2000 ? 512 + line[2] % 512 : line[2]});
  }
  found.push_back({130, 72, 136});   // 16-byte rows, tails of every kind of tile
  found.push_back({257, 129, 131});  // none
  // The CPU's tiles: below, at and above registers (14 x 32, 6 x 16, 6 x 8), blocks of the depth (256 words), tiles of C (280 x 512), and
  // from 560 rows on a shared packed B; the last two cut the depth of backward_weight into chunks.
  for (const LinearShape& s : {LinearShape{2, 5, 3}, {6, 16, 8}, {7, 17, 9}}) found.push_back(s);
  if (!on_cpu()) return found;
  for (const LinearShape& s : {LinearShape{3, 513, 17}, {64, 7, 100}, {281, 40, 513}, {577, 33, 65}, {2049, 24, 40}, {4100, 3, 2}}) {
    found.push_back(s);
  }
  return found;
}

OCT_FOR_TYPES(Linear);

TEST_P(Linear, MatchesDoubleForAnyThreadCount) {
  for (const LinearShape& s : all_shapes()) {
    SCOPED_TRACE(s.text());
    const Layer l(GetParam(), s);
    const Outputs o = run_all(l);
    expect_product("y", o.y, GetParam(), {l.x, s.d, 1}, {l.weight, s.d, 1}, s.b, s.v, s.d, &l.bias);
    expect_product("dx", o.dx, GetParam(), {l.dy, s.v, 1}, {l.weight, 1, s.d}, s.b, s.d, s.v);
    expect_product("dweight", o.dweight, OCT_F32, {l.dy, 1, s.v}, {l.x, 1, s.d}, s.v, s.d, s.b);
    const std::vector<float> ones(static_cast<size_t>(s.b), 1.0f);
    expect_product("dbias", o.dbias, OCT_F32, {ones, 0, 1}, {l.dy, 1, s.v}, 1, s.v, s.b);
    for (const int32_t threads : thread_counts()) {
      if (on_cpu() || s.v * s.d < 30000) {
        EXPECT_TRUE(run_all(l, {.threads = threads}) == o) << threads << " threads";
      }
    }
  }
}

TEST_P(Linear, TensorsThatAreNotAlignedGiveTheSameBits) {
  const Layer l(GetParam(), {70, 72, 136});  // rows of whole 16 bytes
  EXPECT_TRUE(run_all(l, {.first = 1}) == run_all(l));
}

TEST_P(Linear, IntegersAreExact) {
  // Sums of products of small integers fit 24 bits, so every order gives the same bits, F32 and BF16 inputs alike.
  const LinearShape s{20, 300, 40};
  Layer l(GetParam(), s);
  const auto integer = [](int64_t i) { return static_cast<int>(i * 7 % 11) - 5; };
  for (std::vector<float>* values : {&l.x, &l.dy}) {
    for (size_t i = 0; i < values->size(); ++i) (*values)[i] = static_cast<float>(integer(static_cast<int64_t>(i)));
  }
  const Outputs o = run_all(l);
  for (int64_t v = 0; v < s.v; ++v) {
    for (int64_t d = 0; d < s.d; ++d) {
      int sum = 0;
      for (int64_t b = 0; b < s.b; ++b) sum += integer(b * s.v + v) * integer(b * s.d + d);
      ASSERT_EQ(static_cast<double>(sum), at(o.dweight, v * s.d + d));
    }
  }
}

TEST_P(Linear, BiasesAreOptional) {
  Layer with(GetParam(), {4, 6, 5});
  const Outputs without = run_all(with, {}, false);
  with.bias.assign(5, 0);
  const Outputs zero = run_all(with);
  EXPECT_EQ(zero.y, without.y);
  EXPECT_EQ(zero.dweight, without.dweight);
}

/// weight, buffer and the BF16 copy after a weight gradient that ends in an SGD step. Without a step before, the buffer holds zeros.
void expect_update(oct_dtype dtype, const LinearShape& s, bool nesterov, bool first, bool copy) {
  SCOPED_TRACE(s.text() + " " + name_of(dtype));
  const Layer l(dtype, s);
  const SgdOptions sgd{0.5f, 0.875f, 0.0625f, 0.25f, nesterov};
  const std::vector<float> weights = random_values(s.v * s.d, 5);
  const std::vector<float> buffers = first ? std::vector<float>(weights.size()) : random_values(s.v * s.d, 6);
  std::vector<std::vector<float>> before;
  for (const int32_t threads : thread_counts()) {
    Device device({.threads = threads});
    const oct_tensor weight = device.of(OCT_F32, {s.v, s.d}, weights), buffer = device.of(OCT_F32, {s.v, s.d}, buffers);
    const oct_tensor half = device.empty(OCT_BF16, {s.v, s.d});
    ASSERT_RUNS(device, oct_linear_backward_weight_sgd_args{.x = device.of(dtype, {s.b, s.d}, l.x),
                                                            .dy = device.of(dtype, {s.b, s.v}, l.dy),
                                                            .weight = weight,
                                                            .buffer = buffer,
                                                            .weight_bf16 = copy ? half : oct_tensor{},
                                                            .rates = device.rates(sgd.learning_rate, sgd.gradient_scale),
                                                            .momentum = sgd.momentum,
                                                            .nesterov = nesterov ? 1 : 0,
                                                            .decay = sgd.decay});
    std::vector<std::vector<float>> results{device.read(weight), device.read(buffer)};
    if (copy) {
      EXPECT_EQ(device.read(half), rounded(OCT_BF16, results[0]));
    }
    if (!before.empty()) {
      EXPECT_TRUE(results == before) << threads << " threads";
      continue;
    }
    before = results;
    for (int64_t i = 0; i < s.v * s.d; ++i) {
      const Dot gradient = dot({l.dy, 1, s.v}, i / s.d, {l.x, 1, s.d}, i % s.d, s.b);
      SgdExact exact{at(weights, i), at(buffers, i)};
      exact.step(sgd, gradient.value, dot_tolerance(gradient, s.b, OCT_F32));
      expect_near("weight", static_cast<size_t>(i), exact.parameter, at(results[0], i), exact.parameter_error);
      expect_near("buffer", static_cast<size_t>(i), exact.buffer, at(results[1], i), exact.buffer_error);
    }
  }
}

TEST_P(Linear, TheWeightGradientEndsInAnSgdStep) {
  for (const bool nesterov : {false, true}) {
    for (const bool first : {false, true}) {
      expect_update(GetParam(), {9, 40, 150}, nesterov, first, true);
      expect_update(GetParam(), {33, 37, 21}, nesterov, first, false);
    }
  }
  expect_update(GetParam(), {1, 1, 1}, false, false, true);
  expect_update(GetParam(), {300, 129, 131}, true, false, true);
  expect_update(GetParam(), {7, 24, 3000}, false, true, true);
  // On the CPU updated in more than one block of rows: 2^20 / 3000 is 349, so 280 rows per block.
  if (on_cpu()) expect_update(GetParam(), {3, 3000, 300}, true, false, true);
}

TEST(LinearRefuses, WhatDoesNotFit) {
  Device device;
  const oct_tensor x = device.empty(OCT_F32, {4, 6}), weight = device.empty(OCT_F32, {5, 6}), y = device.empty(OCT_F32, {4, 5});
  const oct_tensor half = device.empty(OCT_BF16, {5, 6}), wide = device.empty(OCT_F32, {5, 7});
  const auto forward = [&](const oct_tensor& w, const oct_tensor& bias, const oct_tensor& to) {
    return bind(device, oct_linear_forward_args{.x = x, .weight = w, .bias = bias, .y = to});
  };
  ASSERT_EQ(forward(weight, {}, y), OCT_OK) << oct_last_error();
  expect_invalid(forward(wide, {}, y), {"linear_forward", "weight", "[5,7]", "inputs D"});
  expect_invalid(forward(half, {}, y), {"weight", "bf16", "share a type"});
  expect_invalid(forward(weight, device.empty(OCT_F32, {4}), y), {"bias", "[4]", "outputs V"});
  expect_invalid(forward(weight, {}, wide), {"y", "[5,7]", "rows B"});
  const oct_tensor square = device.empty(OCT_F32, {4, 4}), self = device.empty(OCT_F32, {4, 4});
  expect_invalid(bind(device, oct_linear_forward_args{.x = self, .weight = square, .bias = {}, .y = self}), {"y overlaps x"});
  expect_invalid(bind(device, oct_linear_backward_weight_args{.x = x, .dy = y, .dweight = half, .dbias = {}}), {"dweight", "bf16", "f32"});
}

TEST(LinearRefuses, AnUpdateThatDoesNotFit) {
  Device device;
  const oct_linear_backward_weight_sgd_args good{.x = device.empty(OCT_F32, {4, 6}),
                                                 .dy = device.empty(OCT_F32, {4, 5}),
                                                 .weight = device.empty(OCT_F32, {5, 6}),
                                                 .buffer = device.empty(OCT_F32, {5, 6}),
                                                 .weight_bf16 = {},
                                                 .rates = device.rates(0.5f, 1),
                                                 .momentum = 0.9f,
                                                 .nesterov = 0,
                                                 .decay = 0};
  ASSERT_EQ(bind(device, good), OCT_OK) << oct_last_error();
  oct_linear_backward_weight_sgd_args args = good;
  const auto refuse = [&](std::initializer_list<std::string> parts) {
    expect_invalid(bind(device, args), parts);
    args = good;
  };
  args.momentum = 1;
  refuse({"linear_backward_weight_sgd", "momentum is 1"});
  args.decay = -1;
  refuse({"decay is -1"});
  args.weight = device.empty(OCT_BF16, {5, 6});
  refuse({"weight", "bf16", "f32"});
  args.buffer = device.empty(OCT_F32, {5, 5});
  refuse({"buffer", "[5,5]"});
  args.buffer = args.weight;
  refuse({"overlaps"});
  args.rates = {};
  refuse({"rates is missing"});
}

}  // namespace
}  // namespace oct::test
