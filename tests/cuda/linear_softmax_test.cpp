// The fused head on the emulated device, with chunks of logits and without, against double precision.
#include "octothorpe/linear_softmax.h"

#include "support.h"

namespace oct::test {
namespace {

constexpr float kScale = 0.25f;

struct Case {
  int64_t b, d, v, chunk, k;
};

/// Inputs, what the type keeps of them. The last row has k labels, the first one; some repeat.
struct Head {
  oct_dtype dtype;
  Case c;
  std::vector<float> x, weight, bias;
  std::vector<int32_t> offsets{0}, labels;

  Head(oct_dtype type, const Case& shape)
      : dtype(type),
        c(shape),
        x(rounded(type, random_values(c.b * c.d, 1))),
        weight(rounded(type, random_values(c.v * c.d, 2))),
        bias(random_values(c.v, 3)) {
    std::mt19937_64 random(4);
    for (int64_t r = 0; r < c.b; ++r) {
      const int64_t count = c.b == 1 ? c.k : 1 + (c.k - 1) * r / (c.b - 1);
      for (int64_t l = 0; l < count; ++l) labels.push_back(static_cast<int32_t>(random() % static_cast<uint64_t>(c.v)));
      offsets.push_back(static_cast<int32_t>(labels.size()));
    }
  }
};

struct Outputs {
  oct_status status = OCT_OK;
  std::string text;
  std::vector<float> loss, dx, dweight, dbias;
  bool operator==(const Outputs&) const = default;
};

/// wanted: bit 0 dx, bit 1 dweight, bit 2 dbias.
Outputs run(const Head& h, int64_t chunk, int wanted = 7, bool with_bias = true, int64_t first = 0) {
  EmulatedDevice device(first);
  oct_context* context = device.context();
  const Case& c = h.c;
  const oct_tensor x = device.of(h.dtype, {c.b, c.d}, h.x), weight = device.of(h.dtype, {c.v, c.d}, h.weight);
  const oct_tensor bias = device.of(OCT_F32, {c.v}, h.bias), loss = device.empty(OCT_F32, {c.b});
  const oct_tensor offsets = device.of_integers(OCT_I32, {c.b + 1}, h.offsets);
  const oct_tensor labels = device.of_integers(OCT_I32, {static_cast<int64_t>(h.labels.size())}, h.labels);
  const oct_tensor dx = device.empty(h.dtype, {c.b, c.d}), dweight = device.empty(OCT_F32, {c.v, c.d}),
                   dbias = device.empty(OCT_F32, {c.v});
  size_t bytes = 0;
  EXPECT_EQ(oct_linear_softmax_workspace(context, &x, &weight, chunk, &bytes), OCT_OK) << oct_last_error();
  void* workspace = device.workspace(bytes);
  Outputs o;
  o.status = oct_linear_softmax_cross_entropy(context, &x, &weight, with_bias ? &bias : nullptr, &offsets, &labels, kScale, chunk, &loss,
                                              (wanted & 1) != 0 ? &dx : nullptr, (wanted & 2) != 0 ? &dweight : nullptr,
                                              (wanted & 4) != 0 ? &dbias : nullptr, workspace, bytes);
  if (o.status == OCT_OK) o.status = oct_context_synchronize(context);
  if (o.status != OCT_OK) {
    o.text = oct_last_error();
    return o;
  }
  o.loss = device.read(loss);
  if ((wanted & 1) != 0) o.dx = device.read(dx);
  if ((wanted & 2) != 0) o.dweight = device.read(dweight);
  if ((wanted & 4) != 0) o.dbias = device.read(dbias);
  return o;
}

double at(const std::vector<float>& values, int64_t i) { return static_cast<double>(values[static_cast<size_t>(i)]); }

void expect_matches_double(const Head& h, const Outputs& o) {
  const Case& c = h.c;
  const double rounds = rounding(h.dtype);
  std::vector<double> g(static_cast<size_t>(c.b * c.v)), error(g.size());
  for (int64_t r = 0; r < c.b; ++r) {
    std::vector<double> z(static_cast<size_t>(c.v)), target(z.size());
    double max = -INFINITY, sum = 0, off = 0;
    for (int64_t v = 0; v < c.v; ++v) {
      double value = at(h.bias, v), magnitude = std::fabs(value);
      for (int64_t d = 0; d < c.d; ++d) {
        const double term = at(h.x, r * c.d + d) * at(h.weight, v * c.d + d);
        value += term;
        magnitude += std::fabs(term);
      }
      z[static_cast<size_t>(v)] = value;
      off = std::max(off, static_cast<double>(c.d + 4) * 0x1p-24 * magnitude);  // of a sum of D + 1 terms
      max = std::max(max, value);
    }
    for (double value : z) sum += std::exp(value - max);
    const int32_t begin = h.offsets[static_cast<size_t>(r)], end = h.offsets[static_cast<size_t>(r) + 1];
    double loss = max + std::log(sum);
    for (int32_t l = begin; l < end; ++l) {
      const size_t label = static_cast<size_t>(h.labels[static_cast<size_t>(l)]);
      target[label] += 1.0 / (end - begin);
      loss -= z[label] / (end - begin);
    }
    // A logit off by `off` changes a probability by 2 off, relative; 2^-15 are the exponentials and their sum
    // (SoftmaxCrossEntropyTest.java).
    expect_near("loss", static_cast<size_t>(r), loss, at(o.loss, r), 2 * off + 0x1p-15 + 0x1p-23 * loss);
    for (int64_t v = 0; v < c.v; ++v) {
      const size_t i = static_cast<size_t>(r * c.v + v);
      const double p = std::exp(z[static_cast<size_t>(v)] - max) / sum, t = target[static_cast<size_t>(v)];
      g[i] = static_cast<double>(kScale) * (p - t);
      error[i] = static_cast<double>(kScale) * ((2 * off + 0x1p-15) * p + 0x1p-19 * t) + rounds * std::fabs(g[i]);
    }
  }
  const auto expect_sum = [&](const char* what, const std::vector<float>& actual, int64_t index, int64_t terms, double rounds_result,
                              auto term) {
    double value = 0, magnitude = 0, tolerance = 0;
    for (int64_t k = 0; k < terms; ++k) {
      const std::pair<int64_t, double> t = term(k);
      value += g[static_cast<size_t>(t.first)] * t.second;
      magnitude += std::fabs(g[static_cast<size_t>(t.first)] * t.second);
      tolerance += error[static_cast<size_t>(t.first)] * std::fabs(t.second);
    }
    tolerance += static_cast<double>(terms + 4) * 0x1p-24 * magnitude + rounds_result * std::fabs(value);
    expect_near(what, static_cast<size_t>(index), value, at(actual, index), tolerance * (1 + 0x1p-6));
  };
  for (int64_t i = 0; i < static_cast<int64_t>(o.dx.size()); ++i) {
    expect_sum("dx", o.dx, i, c.v, h.dtype == OCT_BF16 ? rounds : 0,
               [&](int64_t v) { return std::pair(i / c.d * c.v + v, at(h.weight, v * c.d + i % c.d)); });
  }
  for (int64_t i = 0; i < static_cast<int64_t>(o.dweight.size()); ++i) {
    expect_sum("dweight", o.dweight, i, c.b, 0, [&](int64_t r) { return std::pair(r * c.v + i / c.d, at(h.x, r * c.d + i % c.d)); });
  }
  for (int64_t v = 0; v < static_cast<int64_t>(o.dbias.size()); ++v) {
    expect_sum("dbias", o.dbias, v, c.b, 0, [&](int64_t r) { return std::pair(r * c.v + v, 1.0); });
  }
}

TEST(LinearSoftmax, MatchesDouble) {
  for (const std::vector<int64_t>& line : shapes("linear_softmax", "test")) {
    // Of a large vocabulary a few tiles and its own remainder: more whole tiles would take time and show nothing.
    const int64_t v = line[2] > 1000 ? 512 + line[2] % 512 : line[2];
    const Case c{line[0], line[1], v, std::min(line[3], v / 2 + 1), line[4]};
    for (oct_dtype dtype : {OCT_F32, OCT_BF16}) {
      SCOPED_TRACE("B=" + std::to_string(c.b) + " D=" + std::to_string(c.d) + " V=" + std::to_string(c.v) +
                   " chunk=" + std::to_string(c.chunk) + (dtype == OCT_F32 ? " f32" : " bf16"));
      const Head head(dtype, c);
      const Outputs o = run(head, c.chunk);
      ASSERT_EQ(o.status, OCT_OK) << o.text;
      expect_matches_double(head, o);
      if (c.b * c.v < 5000) {
        EXPECT_TRUE(run(head, c.chunk) == o) << "two runs differ";
      }
    }
  }
}

TEST(LinearSoftmax, OutputsAreOptional) {
  const Head head(OCT_BF16, {5, 24, 150, 0, 3});
  for (int64_t chunk : {0, 64, 150}) {
    const Outputs all = run(head, chunk);
    expect_matches_double(head, all);
    EXPECT_EQ(run(head, chunk, 0).loss, all.loss);
    EXPECT_EQ(run(head, chunk, 1).dx, all.dx);
    const Outputs weights = run(head, chunk, 6);
    EXPECT_EQ(weights.dweight, all.dweight);
    EXPECT_EQ(weights.dbias, all.dbias);
  }
}

TEST(LinearSoftmax, TensorsThatAreNotAlignedGiveTheSameBits) {
  for (oct_dtype dtype : {OCT_F32, OCT_BF16}) {
    const Head head(dtype, {5, 24, 152, 0, 3});  // rows of whole 16 bytes
    for (int64_t chunk : {0, 64}) EXPECT_TRUE(run(head, chunk, 7, true, 1) == run(head, chunk));
  }
}

TEST(LinearSoftmax, AMissingBiasIsZeroAndMinusInfinityMasks) {
  for (int64_t chunk : {0, 64}) {
    Head head(OCT_F32, {3, 17, 140, 0, 2});
    const Outputs without = run(head, chunk, 7, false);
    head.bias.assign(140, 0.0f);
    EXPECT_TRUE(run(head, chunk) == without);
    const int32_t label = head.labels[0];
    for (int64_t v = 0; v < 128; ++v) head.bias[static_cast<size_t>(v)] = v == label ? 0.0f : -INFINITY;  // a whole chunk but for a label
    for (int32_t other : head.labels) head.bias[static_cast<size_t>(other)] = 0.0f;
    const Outputs masked = run(head, chunk);
    for (float loss : masked.loss) EXPECT_TRUE(std::isfinite(loss));
    head.bias[static_cast<size_t>(label)] = -INFINITY;
    EXPECT_EQ(run(head, chunk).loss[0], INFINITY);
  }
}

// Logits are sums of few powers of two and exact in F32, so the loss is known to the exponentials' error.
TEST(LinearSoftmax, LargeLogitsDoNotCancel) {
  for (int64_t chunk : {0, 64, 300}) {
    Head head(OCT_F32, {4, 1, 300, 0, 9});
    head.x.assign(4, 1.0f);
    for (size_t v = 0; v < 300; ++v) {
      head.weight[v] = static_cast<float>(v * 37 % 512) * 0x1p-6f;
      head.bias[v] = v < 128 ? 65536.0f : 65536.0f + 2.0f;  // so that parts of a row have other maxima
    }
    const Outputs o = run(head, chunk, 0);
    ASSERT_EQ(o.status, OCT_OK) << o.text;
    for (size_t r = 0; r < 4; ++r) {
      const auto logit = [&](size_t v) { return static_cast<double>(head.weight[v]) + static_cast<double>(head.bias[v]); };
      double sum = 0, loss = 0;
      for (size_t v = 0; v < 300; ++v) sum += std::exp(logit(v) - 65536);
      const auto begin = static_cast<size_t>(head.offsets[r]), end = static_cast<size_t>(head.offsets[r + 1]);
      for (size_t l = begin; l < end; ++l) loss -= (logit(static_cast<size_t>(head.labels[l])) - 65536) / static_cast<double>(end - begin);
      loss += std::log(sum);
      expect_near("loss", r, loss, at(o.loss, static_cast<int64_t>(r)), 0x1p-15 + 0x1p-22 * loss);
    }
  }
}

TEST(LinearSoftmax, BrokenLabelsAreReported) {
  for (int64_t chunk : {0, 64}) {
    for (int32_t label : {100, -1, INT32_MIN}) {
      Head head(OCT_F32, {3, 8, 100, 0, 2});
      head.labels.back() = label;
      const Outputs o = run(head, chunk);
      EXPECT_EQ(o.status, OCT_INVALID_ARGUMENT);
      EXPECT_NE(o.text.find("row 2 has the label " + std::to_string(label)), std::string::npos) << o.text;
    }
    Head head(OCT_F32, {3, 8, 100, 0, 2});
    head.offsets[1] = 1000;
    EXPECT_NE(run(head, chunk).text.find("offsets: row "), std::string::npos);
  }
}

}  // namespace
}  // namespace oct::test
