#include "oracles/linear_softmax.h"

namespace oct::test {
namespace {

constexpr float kScale = 0.25f;

/// wanted: bit 0 dx, bit 1 dweight, bit 2 dbias.
HeadOutputs run_head(const Head& h, int64_t chunk, int wanted = 7, bool with_bias = true, const Device::Options& options = {}) {
  Device device(options);
  const HeadShape& s = h.shape;
  const auto count = static_cast<int64_t>(h.labels.size());
  std::vector<int32_t> labels = h.labels;
  labels.push_back(-1);  // is not read
  const oct_tensor loss = device.empty(OCT_F32, {s.b}), dx = device.empty(h.dtype, {s.b, s.d}), dweight = device.empty(OCT_F32, {s.v, s.d});
  const oct_tensor dbias = device.empty(OCT_F32, {s.v}), absent{};
  HeadOutputs out;
  out.status = run(device, oct_linear_softmax_cross_entropy_args{.x = device.of(h.dtype, {s.b, s.d}, h.x),
                                                                 .weight = device.of(h.dtype, {s.v, s.d}, h.weight),
                                                                 .bias = with_bias ? device.of(OCT_F32, {s.v}, h.bias) : absent,
                                                                 .offsets = device.of_integers(OCT_I32, {s.b + 1}, h.offsets),
                                                                 .labels = device.of_integers(OCT_I32, {count + 1}, labels),
                                                                 .loss = loss,
                                                                 .dx = (wanted & 1) != 0 ? dx : absent,
                                                                 .dweight = (wanted & 2) != 0 ? dweight : absent,
                                                                 .dbias = (wanted & 4) != 0 ? dbias : absent,
                                                                 .chunk = chunk,
                                                                 .gradient_scale = kScale});
  if (out.status != OCT_OK) {
    out.text = oct_last_error();
    return out;
  }
  out.loss = device.read(loss);
  if ((wanted & 1) != 0) out.dx = device.read(dx);
  if ((wanted & 2) != 0) out.dweight = device.read(dweight);
  if ((wanted & 4) != 0) out.dbias = device.read(dbias);
  return out;
}

OCT_FOR_TYPES(LinearSoftmax);

TEST_P(LinearSoftmax, MatchesDoubleForAnyThreadCount) {
  std::vector<HeadShape> all{{5, 17, 33, 7, 3}, {7, 40, 64, 64, 3}};
  if (on_cpu()) all.insert(all.end(), {{20, 33, 700, 0, 3}, {20, 33, 700, 256, 3}, {2, 9, 9001, 5000, 2}});
  for (const std::vector<int64_t>& line : shapes("linear_softmax", 5)) {
    // Of a large vocabulary a few tiles and its own remainder: more whole tiles would take time and show nothing.
    const int64_t v = line[2] > 1000 ? 512 + line[2] % 512 : line[2];
    all.push_back({line[0], line[1], v, std::min(line[3], v / 2 + 1), line[4]});
  }
  for (const HeadShape& shape : all) {
    SCOPED_TRACE(shape.text());
    const Head head(GetParam(), shape);
    const HeadOutputs out = run_head(head, shape.chunk);
    ASSERT_EQ(out.status, OCT_OK) << out.text;
    expect_head(head, kScale, out);
    for (const int32_t threads : thread_counts()) {
      if (on_cpu() || shape.b * shape.v < 5000) {
        EXPECT_TRUE(run_head(head, shape.chunk, 7, true, {.threads = threads}) == out) << threads << " threads";
      }
    }
  }
}

TEST_P(LinearSoftmax, TensorsThatAreNotAlignedGiveTheSameBits) {
  const Head head(GetParam(), {5, 24, 152, 0, 3});  // rows of whole 16 bytes
  for (const int64_t chunk : {0, 64}) EXPECT_TRUE(run_head(head, chunk, 7, true, {.first = 1}) == run_head(head, chunk));
}

TEST(LinearSoftmax, OutputsAreOptional) {
  const Head head(OCT_BF16, {5, 24, 150, 0, 3});
  for (const int64_t chunk : {0, 16, 64, 150}) {
    const HeadOutputs all = run_head(head, chunk);
    expect_head(head, kScale, all);
    EXPECT_EQ(run_head(head, chunk, 0).loss, all.loss);
    EXPECT_EQ(run_head(head, chunk, 1).dx, all.dx);
    const HeadOutputs weights = run_head(head, chunk, 6);
    EXPECT_EQ(weights.dweight, all.dweight);
    EXPECT_EQ(weights.dbias, all.dbias);
  }
}

TEST(LinearSoftmax, AMissingBiasIsZeroAndMinusInfinityMasks) {
  for (const int64_t chunk : {0, 1, 4, 64}) {
    SCOPED_TRACE("chunk " + std::to_string(chunk));
    if (emulated() && (chunk == 1 || chunk == 4)) continue;  // minutes of many small products
    Head head(OCT_F32, {3, 17, 140, 0, 2});
    const HeadOutputs without = run_head(head, chunk, 7, false);
    head.bias.assign(140, 0.0f);
    EXPECT_TRUE(run_head(head, chunk) == without);
    const int32_t label = head.labels[0];
    for (int32_t v = 0; v < 128; ++v) head.bias[static_cast<size_t>(v)] = -INFINITY;  // a whole chunk but for labels
    for (const int32_t other : head.labels) head.bias[static_cast<size_t>(other)] = 0.0f;
    const HeadOutputs masked = run_head(head, chunk);
    for (const float loss : masked.loss) EXPECT_TRUE(std::isfinite(loss));
    for (size_t v = 0; v < 128; ++v) {
      if (head.bias[v] != 0) {
        EXPECT_EQ(masked.dbias[v], 0.0f) << v;
      }
    }
    head.bias[static_cast<size_t>(label)] = -INFINITY;
    EXPECT_EQ(run_head(head, chunk).loss[0], INFINITY);
  }
}

/// Logits are sums of few powers of two and exact in F32, so the loss is known to the exponentials' error.
TEST(LinearSoftmax, LargeLogitsDoNotCancel) {
  for (const int64_t chunk : {0, 64, 300}) {
    Head head(OCT_F32, {4, 1, 300, 0, 9});
    head.x.assign(4, 1.0f);
    for (size_t v = 0; v < 300; ++v) {
      head.weight[v] = static_cast<float>(v * 37 % 512) * 0x1p-6f;
      head.bias[v] = v < 128 ? 65536.0f : 65536.0f + 2.0f;  // so that parts of a row have other maxima
    }
    const HeadOutputs out = run_head(head, chunk, 0);
    ASSERT_EQ(out.status, OCT_OK) << out.text;
    for (size_t r = 0; r < 4; ++r) {
      const auto logit = [&](size_t v) { return static_cast<double>(head.weight[v]) + static_cast<double>(head.bias[v]) - 65536; };
      double sum = 0, loss = 0;
      for (size_t v = 0; v < 300; ++v) sum += std::exp(logit(v));
      const auto begin = static_cast<size_t>(head.offsets[r]), end = static_cast<size_t>(head.offsets[r + 1]);
      for (size_t l = begin; l < end; ++l) loss -= logit(static_cast<size_t>(head.labels[l])) / static_cast<double>(end - begin);
      loss += std::log(sum);
      expect_near("loss", r, loss, at(out.loss, static_cast<int64_t>(r)), 0x1p-15 + 0x1p-22 * loss);
    }
  }
}

TEST(LinearSoftmax, BrokenLabelsAreReported) {
  for (const int64_t chunk : {0, 64}) {
    for (const int32_t label : {100, -1, INT32_MIN}) {
      Head head(OCT_F32, {3, 8, 100, 0, 2});
      head.labels.back() = label;
      const HeadOutputs out = run_head(head, chunk);
      EXPECT_EQ(out.status, OCT_INVALID_ARGUMENT);
      EXPECT_NE(out.text.find("row 2 has the label " + std::to_string(label)), std::string::npos) << out.text;
      EXPECT_NE(out.text.find("[0,100)"), std::string::npos) << out.text;
    }
    Head head(OCT_F32, {3, 8, 100, 0, 2});
    head.offsets[1] = 1000;
    const HeadOutputs out = run_head(head, chunk);
    EXPECT_EQ(out.status, OCT_INVALID_ARGUMENT);
    EXPECT_NE(out.text.find("offsets"), std::string::npos) << out.text;
  }
}

TEST(LinearSoftmaxRefuses, WhatDoesNotFit) {
  Device device;
  const oct_linear_softmax_cross_entropy_args good{.x = device.empty(OCT_F32, {3, 4}),
                                                   .weight = device.empty(OCT_F32, {10, 4}),
                                                   .bias = {},
                                                   .offsets = device.of_integers<int32_t>(OCT_I32, {4}, {0, 1, 2, 3}),
                                                   .labels = device.of_integers<int32_t>(OCT_I32, {3}, {0, 1, 2}),
                                                   .loss = device.empty(OCT_F32, {3}),
                                                   .dx = {},
                                                   .dweight = {},
                                                   .dbias = {},
                                                   .chunk = 0,
                                                   .gradient_scale = 1};
  ASSERT_EQ(bind(device, good), OCT_OK) << oct_last_error();
  oct_linear_softmax_cross_entropy_args args = good;
  const auto refuse = [&](std::initializer_list<std::string> parts) {
    expect_invalid(bind(device, args), parts);
    args = good;
  };
  args.chunk = -1;
  refuse({"linear_softmax_cross_entropy", "chunk is -1", "[0,10]"});
  args.chunk = 11;
  refuse({"chunk is 11"});
  args.weight = device.empty(OCT_F32, {10, 5});
  refuse({"weight", "[10,5]", "inputs D"});
  args.weight = device.empty(OCT_BF16, {10, 4});
  refuse({"weight", "bf16"});
  args.dweight = device.empty(OCT_BF16, {10, 4});
  refuse({"dweight", "bf16", "f32"});
  args.dx = args.x;
  refuse({"dx overlaps x"});
  args.dweight = args.weight;
  refuse({"dweight overlaps weight"});
}

}  // namespace
}  // namespace oct::test
