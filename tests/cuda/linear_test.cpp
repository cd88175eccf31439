// Every variant of the linear layer's passes on the emulated device, and the weight gradient that ends in an SGD step, against double
// precision.
#include "octothorpe/linear.h"

#include "support.h"

namespace oct::test {
namespace {

struct Shape {
  int64_t b, d, v;
};

std::string name_of(const std::string& what, oct_dtype dtype, const Shape& s) {
  return what + (dtype == OCT_F32 ? " f32" : " bf16") + " B=" + std::to_string(s.b) + " D=" + std::to_string(s.d) +
         " V=" + std::to_string(s.v);
}

std::vector<Shape> all_shapes() {
  std::vector<Shape> found;
  // Of a large vocabulary a few tiles and its own remainder: more whole tiles would take time and show nothing.
  for (const std::vector<int64_t>& line : shapes("linear", "test")) {
    found.push_back({line[0], line[1], line[2] > 2000 ? 512 + line[2] % 512 : line[2]});
  }
  found.push_back({130, 72, 136});   // 16-byte rows, tails of every kind of tile
  found.push_back({257, 129, 131});  // none
  return found;
}

/// Operands, what the type keeps of them.
struct Layer {
  oct_dtype dtype;
  Shape s;
  std::vector<float> x, weight, bias, dy;

  Layer(oct_dtype type, const Shape& shape)
      : dtype(type),
        s(shape),
        x(rounded(type, random_values(s.b * s.d, 1))),
        weight(rounded(type, random_values(s.v * s.d, 2))),
        bias(random_values(s.v, 3)),
        dy(rounded(type, random_values(s.b * s.v, 4))) {}
};

struct Sum {
  double value, magnitude;
};

/// sum over k of a[i,k] b[j,k]; element (i, k) of an operand lies at i * row + k * step.
struct Matrix {
  const std::vector<float>& values;
  int64_t row, step;
  double at(int64_t i, int64_t k) const { return static_cast<double>(values[static_cast<size_t>(i * row + k * step)]); }
};

Sum dot(const Matrix& a, int64_t i, const Matrix& b, int64_t j, int64_t terms) {
  Sum sum{0, 0};
  for (int64_t k = 0; k < terms; ++k) {
    const double term = a.at(i, k) * b.at(j, k);
    sum.value += term;
    sum.magnitude += std::fabs(term);
  }
  return sum;
}

/// n F32 terms in any order are off by (n + 2) 2^-24 of their magnitudes at most (LinearTest.java); then BF16 rounds.
double tolerance_of(const Sum& sum, int64_t terms, oct_dtype dtype) {
  return static_cast<double>(terms + 3) * 0x1p-24 * sum.magnitude * (1 + 0x1p-7) + (dtype == OCT_BF16 ? 0x1p-8 * std::fabs(sum.value) : 0);
}

void expect_product(const std::string& what, const std::vector<float>& actual, oct_dtype dtype, const Matrix& a, const Matrix& b, int64_t m,
                    int64_t n, int64_t terms, const std::vector<float>* bias) {
  // All elements of small products; of large ones the borders of the tiles and a prime step between.
  const int64_t step = m * n > 40000 ? 31 : 1;
  for (int64_t at = 0; at < m * n; at += (at + step < m * n && at % n > 3 ? step : 1)) {
    Sum sum = dot(a, at / n, b, at % n, terms);
    if (bias != nullptr) {
      const double added = static_cast<double>((*bias)[static_cast<size_t>(at % n)]);
      sum.value += added;
      sum.magnitude += std::fabs(added);
    }
    expect_near(what, static_cast<size_t>(at), sum.value, static_cast<double>(actual[static_cast<size_t>(at)]),
                tolerance_of(sum, terms + 1, dtype));
  }
}

struct Outputs {
  std::vector<float> y, dx, dweight, dbias;
  bool operator==(const Outputs&) const = default;
};

/// The three passes, each by the variant whose name ends in `kind`.
Outputs run(const Layer& layer, const std::string& kind, int64_t first = 0) {
  EmulatedDevice device(first);
  oct_context* c = device.context();
  const Shape& s = layer.s;
  const oct_tensor x = device.of(layer.dtype, {s.b, s.d}, layer.x), weight = device.of(layer.dtype, {s.v, s.d}, layer.weight);
  const oct_tensor bias = device.of(OCT_F32, {s.v}, layer.bias), dy = device.of(layer.dtype, {s.b, s.v}, layer.dy);
  const oct_tensor y = device.empty(layer.dtype, {s.b, s.v}), dx = device.empty(layer.dtype, {s.b, s.d});
  const oct_tensor dweight = device.empty(OCT_F32, {s.v, s.d}), dbias = device.empty(OCT_F32, {s.v});
  const auto scratch = [&](int32_t pass, const char* name, size_t* bytes) {
    EXPECT_EQ(oct_use_variant(c, ("linear_" + std::string(name) + kind).c_str()), OCT_OK) << oct_last_error();
    EXPECT_EQ(oct_linear_workspace(c, pass, &x, pass == OCT_BACKWARD_WEIGHT ? &dweight : &weight, &y, bytes), OCT_OK) << oct_last_error();
    return *bytes == 0 ? nullptr : device.workspace(*bytes);
  };
  size_t bytes = 0;
  void* workspace = scratch(OCT_FORWARD, "forward", &bytes);
  EXPECT_EQ(oct_linear_forward(c, &x, &weight, &bias, &y, workspace, bytes), OCT_OK) << oct_last_error();
  workspace = scratch(OCT_BACKWARD_DATA, "backward_data", &bytes);
  EXPECT_EQ(oct_linear_backward_data(c, &dy, &weight, &dx, workspace, bytes), OCT_OK) << oct_last_error();
  workspace = scratch(OCT_BACKWARD_WEIGHT, "backward_weight", &bytes);
  EXPECT_EQ(oct_linear_backward_weight(c, &x, &dy, &dweight, &dbias, workspace, bytes), OCT_OK) << oct_last_error();
  return {device.read(y), device.read(dx), device.read(dweight), device.read(dbias)};
}

const char* kind_of(oct_dtype dtype) { return dtype == OCT_BF16 ? "_mma" : "_simt"; }

TEST(Linear, EveryVariantMatchesDouble) {
  for (const Shape& s : all_shapes()) {
    for (oct_dtype dtype : {OCT_F32, OCT_BF16}) {
      SCOPED_TRACE(name_of("linear", dtype, s));
      const Layer l(dtype, s);
      const Outputs o = run(l, kind_of(dtype));
      expect_product("y", o.y, dtype, {l.x, s.d, 1}, {l.weight, s.d, 1}, s.b, s.v, s.d, &l.bias);
      expect_product("dx", o.dx, dtype, {l.dy, s.v, 1}, {l.weight, 1, s.d}, s.b, s.d, s.v, nullptr);
      expect_product("dweight", o.dweight, OCT_F32, {l.dy, 1, s.v}, {l.x, 1, s.d}, s.v, s.d, s.b, nullptr);
      const std::vector<float> ones(static_cast<size_t>(s.b), 1.0f);
      expect_product("dbias", o.dbias, OCT_F32, {ones, 0, 1}, {l.dy, 1, s.v}, 1, s.v, s.b, nullptr);
      if (s.v * s.d < 30000) {
        EXPECT_TRUE(run(l, kind_of(dtype)) == o) << "two runs differ";
      }
    }
  }
}

TEST(Linear, TensorsThatAreNotAlignedGiveTheSameBits) {
  for (oct_dtype dtype : {OCT_F32, OCT_BF16}) {
    const Layer l(dtype, {70, 72, 136});  // rows of whole 16 bytes
    EXPECT_TRUE(run(l, kind_of(dtype), 1) == run(l, kind_of(dtype)));
  }
}

TEST(Linear, AVariantRefusesTheOtherTypeWithTheReason) {
  EmulatedDevice device;
  oct_context* c = device.context();
  EXPECT_EQ(device.variants("linear", "forward").size(), 2u);
  EXPECT_EQ(device.variants("linear", "backward_weight").size(), 2u);
  const oct_tensor x = device.empty(OCT_F32, {2, 3}), weight = device.empty(OCT_F32, {4, 3}), y = device.empty(OCT_F32, {2, 4});
  ASSERT_EQ(oct_use_variant(c, "linear_forward_mma"), OCT_OK);
  size_t bytes = 0;
  EXPECT_EQ(oct_linear_workspace(c, OCT_FORWARD, &x, &weight, &y, &bytes), OCT_UNSUPPORTED);
  EXPECT_NE(std::string(oct_last_error()).find("linear_forward_mma multiplies BF16"), std::string::npos) << oct_last_error();
}

/// weight, buffer and the BF16 copy after one step, against the formula of oct_sgd_step in double precision.
void check_update(oct_dtype dtype, const Shape& s, const oct_sgd& sgd, bool copy) {
  SCOPED_TRACE(name_of("sgd", dtype, s));
  const Layer l(dtype, s);
  const std::vector<float> weights = random_values(s.v * s.d, 5), buffers = random_values(s.v * s.d, 6);
  const float decay = 0.0625f;
  EmulatedDevice device;
  oct_context* c = device.context();
  const oct_tensor x = device.of(dtype, {s.b, s.d}, l.x), dy = device.of(dtype, {s.b, s.v}, l.dy);
  const oct_tensor weight = device.of(OCT_F32, {s.v, s.d}, weights);
  // The first step must not read the buffer: there it stays unwritten, which the emulator would find.
  const oct_tensor buffer = sgd.first != 0 ? device.empty(OCT_F32, {s.v, s.d}) : device.of(OCT_F32, {s.v, s.d}, buffers);
  const oct_tensor half = device.empty(OCT_BF16, {s.v, s.d});
  size_t bytes = 0;
  ASSERT_EQ(oct_linear_workspace(c, OCT_BACKWARD_WEIGHT, &x, &weight, &dy, &bytes), OCT_OK) << oct_last_error();
  void* workspace = device.workspace(bytes);
  ASSERT_EQ(oct_linear_backward_weight_sgd(c, &sgd, decay, &x, &dy, &weight, &buffer, copy ? &half : nullptr, workspace, bytes), OCT_OK)
      << oct_last_error();
  const std::vector<float> new_weights = device.read(weight), new_buffers = device.read(buffer);
  const std::vector<float> halves = copy ? device.read(half) : std::vector<float>();
  for (int64_t i = 0; i < s.v * s.d; ++i) {
    const size_t at = static_cast<size_t>(i);
    const Sum sum = dot({l.dy, 1, s.v}, i / s.d, {l.x, 1, s.d}, i % s.d, s.b);
    const double w = static_cast<double>(weights[at]), scale = static_cast<double>(sgd.gradient_scale);
    const double momentum = static_cast<double>(sgd.momentum), rate = static_cast<double>(sgd.learning_rate);
    const double g = scale * sum.value + static_cast<double>(decay) * w;
    const double b = sgd.first != 0 ? g : momentum * static_cast<double>(buffers[at]) + g;
    const double direction = sgd.nesterov != 0 ? g + momentum * b : b;
    // The gradient's error; then at most 8 roundings, each of a value below this magnitude.
    const double magnitude =
        std::fabs(scale) * sum.magnitude + std::fabs(w) + (sgd.first != 0 ? 0 : std::fabs(static_cast<double>(buffers[at])));
    const double error = std::fabs(scale) * tolerance_of(sum, s.b, OCT_F32) + 8 * 0x1p-24 * magnitude;
    expect_near("buffer", at, b, static_cast<double>(new_buffers[at]), error);
    expect_near("weight", at, w - rate * direction, static_cast<double>(new_weights[at]), 2 * error + 0x1p-24 * std::fabs(w));
    if (copy) {
      EXPECT_EQ(halves[at], from_bf16(to_bf16(new_weights[at])));
    }
  }
}

TEST(Linear, TheWeightGradientEndsInAnSgdStep) {
  const oct_sgd plain{0.5f, 0.875f, 0, 0, 0.25f}, first{0.5f, 0.875f, 0, 1, 0.25f}, nesterov{0.5f, 0.875f, 1, 0, 0.25f};
  for (oct_dtype dtype : {OCT_F32, OCT_BF16}) {
    for (const oct_sgd& sgd : {plain, first, nesterov}) {
      check_update(dtype, {9, 40, 150}, sgd, true);
      check_update(dtype, {33, 37, 21}, sgd, false);
    }
    check_update(dtype, {1, 1, 1}, plain, true);
    check_update(dtype, {300, 129, 131}, nesterov, true);
    check_update(dtype, {7, 24, 3000}, first, true);
  }
}

}  // namespace
}  // namespace oct::test
