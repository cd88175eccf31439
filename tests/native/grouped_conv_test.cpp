// Grouped convolution: values of all passes against loops in double, refusals, and the same bits for every number of threads.
#include "octothorpe/grouped_conv.h"

#include <filesystem>
#include <fstream>
#include <sstream>

#include "support.h"

namespace {

using test::Context;
using test::expect_refused;
using test::random_values;
using test::Tensor;
using test::Workspace;

/// A line of tests/shapes/grouped_conv.txt.
struct Geometry {
  int64_t n, h, w, c, k, groups, r, s;
  oct_grouped_conv conv;
  int64_t p, q;
};

void PrintTo(const Geometry& g, std::ostream* out) {
  *out << "x [" << g.n << "," << g.h << "," << g.w << "," << g.c << "] K " << g.k << " groups " << g.groups << " filter " << g.r << "x"
       << g.s << " stride " << g.conv.stride_h << "x" << g.conv.stride_w << " padding " << g.conv.padding_h << "x" << g.conv.padding_w
       << " dilation " << g.conv.dilation_h << "x" << g.conv.dilation_w;
}

std::vector<Geometry> test_shapes() {
  std::ifstream file(std::filesystem::path(__FILE__).parent_path().parent_path() / "shapes" / "grouped_conv.txt");
  std::vector<Geometry> shapes;
  for (std::string line; std::getline(file, line);) {
    std::istringstream fields(line.substr(0, line.find('#')));
    std::string kind;
    Geometry g{};
    oct_grouped_conv& conv = g.conv;
    if (!(fields >> kind) || kind != "test") continue;
    fields >> g.n >> g.h >> g.w >> g.c >> g.k >> g.groups >> g.r >> g.s >> conv.stride_h >> conv.stride_w >> conv.padding_h >>
        conv.padding_w >> conv.dilation_h >> conv.dilation_w;
    if (fields.fail()) throw std::runtime_error("tests/shapes/grouped_conv.txt: cannot read '" + line + "'");
    conv.groups = g.groups;
    g.p = (g.h + 2 * conv.padding_h - conv.dilation_h * (g.r - 1) - 1) / conv.stride_h + 1;
    g.q = (g.w + 2 * conv.padding_w - conv.dilation_w * (g.s - 1) - 1) / conv.stride_w + 1;
    shapes.push_back(g);
  }
  return shapes;
}

/// Sums of products in double, the sums of the products' magnitudes, and how many products there were.
struct Sums {
  std::vector<double> value, magnitude;
  std::vector<int64_t> terms;

  explicit Sums(int64_t count) : value(static_cast<size_t>(count)), magnitude(value.size()), terms(value.size()) {}
  void add(int64_t index, double product) {
    const size_t i = static_cast<size_t>(index);
    value[i] += product;
    magnitude[i] += std::fabs(product);
    ++terms[i];
  }
};

/// Calls visit(index of x, of weight, of y) for every product of the convolution.
template <class Visit>
void for_each_product(const Geometry& g, const Visit& visit) {
  const int64_t in = g.c / g.groups, out = g.k / g.groups;
  for (int64_t n = 0; n < g.n; ++n)
    for (int64_t p = 0; p < g.p; ++p)
      for (int64_t q = 0; q < g.q; ++q)
        for (int64_t r = 0; r < g.r; ++r)
          for (int64_t s = 0; s < g.s; ++s) {
            const int64_t h = p * g.conv.stride_h - g.conv.padding_h + r * g.conv.dilation_h;
            const int64_t w = q * g.conv.stride_w - g.conv.padding_w + s * g.conv.dilation_w;
            if (h < 0 || h >= g.h || w < 0 || w >= g.w) continue;
            for (int64_t k = 0; k < g.k; ++k)
              for (int64_t c = 0; c < in; ++c) {
                visit(((n * g.h + h) * g.w + w) * g.c + k / out * in + c, ((k * g.r + r) * g.s + s) * in + c,
                      ((n * g.p + p) * g.q + q) * g.k + k);
              }
          }
}

/// All operands of one convolution, and its passes. Operands are random, outputs start as NaN.
struct Case {
  Geometry g;
  Tensor x, weight, bias, y, dy, dx, dweight, dbias;

  Case(const Geometry& geometry, oct_dtype dtype)
      : g(geometry),
        x(dtype, {g.n, g.h, g.w, g.c}, random_values(g.n * g.h * g.w * g.c, 1)),
        weight(dtype, {g.k, g.r, g.s, g.c / g.groups}, random_values(g.k * g.r * g.s * (g.c / g.groups), 2)),
        bias(OCT_F32, {g.k}, random_values(g.k, 3)),
        y(dtype, {g.n, g.p, g.q, g.k}),
        dy(dtype, {g.n, g.p, g.q, g.k}, random_values(g.n * g.p * g.q * g.k, 4)),
        dx(dtype, {g.n, g.h, g.w, g.c}),
        dweight(OCT_F32, {g.k, g.r, g.s, g.c / g.groups}),
        dbias(OCT_F32, {g.k}) {}

  size_t workspace_bytes(oct_context* context, int32_t pass) const {
    size_t bytes = 0;
    EXPECT_EQ(OCT_OK, oct_grouped_conv_workspace(context, pass, &g.conv, x, weight, y, &bytes)) << oct_last_error();
    return bytes;
  }
  void forward(oct_context* context, bool with_bias) {
    const Workspace scratch(workspace_bytes(context, OCT_FORWARD));
    const oct_tensor* terms = with_bias ? static_cast<const oct_tensor*>(bias) : nullptr;
    ASSERT_EQ(OCT_OK, oct_grouped_conv_forward(context, &g.conv, x, weight, terms, y, scratch.data(), scratch.bytes())) << oct_last_error();
  }
  void backward_data(oct_context* context) {
    const Workspace scratch(workspace_bytes(context, OCT_BACKWARD_DATA));
    ASSERT_EQ(OCT_OK, oct_grouped_conv_backward_data(context, &g.conv, dy, weight, dx, scratch.data(), scratch.bytes()))
        << oct_last_error();
  }
  void backward_weight(oct_context* context, bool with_bias) {
    const Workspace scratch(workspace_bytes(context, OCT_BACKWARD_WEIGHT));
    const oct_tensor* sums = with_bias ? static_cast<const oct_tensor*>(dbias) : nullptr;
    ASSERT_EQ(OCT_OK, oct_grouped_conv_backward_weight(context, &g.conv, x, dy, dweight, sums, scratch.data(), scratch.bytes()))
        << oct_last_error();
  }
};

/// A sum of n products in F32, in any order: |error| <= (n + 1) u sum|products|, u = 2^-24 (Higham 2002, eq. 3.5; products may round too).
/// The 1 % covers the terms of second order. A BF16 result then rounds once more, by at most 2^-8 of its value. Denormal products may
/// count as 0 (vdpbf16ps): 2^-126 each.
void expect_close(const Sums& expected, const Tensor& actual, const char* name) {
  for (size_t i = 0; i < expected.value.size(); ++i) {
    const double n = static_cast<double>(expected.terms[i]);
    double bound = 1.01 * (n + 1) * 0x1p-24 * expected.magnitude[i] + n * 0x1p-126;
    if (actual.view().dtype == OCT_BF16) bound += 0x1p-8 * (std::fabs(expected.value[i]) + bound);
    // Written so that NaN fails.
    ASSERT_TRUE(std::fabs(expected.value[i] - actual.at(i)) <= bound)
        << name << "[" << i << "] is " << actual.at(i) << ", expected " << expected.value[i] << " +- " << bound;
  }
}

class GroupedConv : public testing::TestWithParam<std::tuple<oct_dtype, Geometry>> {};

TEST_P(GroupedConv, EveryPassMatchesTheDefinition) {
  Case c(std::get<1>(GetParam()), std::get<0>(GetParam()));
  const Context context(2);
  c.forward(context, true);
  c.backward_data(context);
  c.backward_weight(context, true);
  if (HasFatalFailure()) return;
  Sums y(c.y.count()), dx(c.dx.count()), dweight(c.dweight.count()), dbias(c.dbias.count());
  const std::vector<float> x_values = c.x.values(), weight_values = c.weight.values(), dy_values = c.dy.values();
  for_each_product(c.g, [&](int64_t ix, int64_t iw, int64_t iy) {
    const double xv = x_values[static_cast<size_t>(ix)], wv = weight_values[static_cast<size_t>(iw)],
                 dv = dy_values[static_cast<size_t>(iy)];
    y.add(iy, xv * wv);
    dx.add(ix, dv * wv);
    dweight.add(iw, xv * dv);
  });
  for (int64_t i = 0; i < c.y.count(); ++i) {
    y.add(i, c.bias.at(static_cast<size_t>(i % c.g.k)));
    dbias.add(i % c.g.k, dy_values[static_cast<size_t>(i)]);
  }
  expect_close(y, c.y, "y");
  expect_close(dx, c.dx, "dx");
  expect_close(dweight, c.dweight, "dweight");
  expect_close(dbias, c.dbias, "dbias");
}

INSTANTIATE_TEST_SUITE_P(Shapes, GroupedConv, testing::Combine(testing::Values(OCT_F32, OCT_BF16), testing::ValuesIn(test_shapes())));

TEST(GroupedConvFile, HasShapes) { EXPECT_GE(test_shapes().size(), 40u); }

TEST(GroupedConvThreads, AnyNumberGivesTheSameBits) {
  const Geometry shapes[] = {
      {3, 20, 20, 128, 128, 32, 3, 3, {32, 1, 1, 1, 1, 1, 1}, 20, 20},  // packed groups, several strips
      {3, 20, 20, 80, 80, 10, 3, 3, {10, 2, 2, 1, 1, 1, 1}, 10, 10},    // packed groups, stride 2
      {2, 19, 19, 64, 96, 2, 3, 3, {2, 1, 1, 1, 1, 1, 1}, 19, 19},      // registers of outputs in pairs and alone
      {2, 40, 41, 3, 64, 1, 7, 7, {1, 2, 2, 3, 3, 1, 1}, 20, 21},       // the stem
  };
  for (const Geometry& g : shapes) {
    for (const oct_dtype dtype : {OCT_F32, OCT_BF16}) {
      Case one(g, dtype);
      one.forward(Context(1), false);
      one.backward_data(Context(1));
      one.backward_weight(Context(1), true);
      for (const int32_t threads : {1, 2, 3, 7}) {
        const Context context(threads);
        Case many(g, dtype);
        many.forward(context, false);
        many.backward_data(context);
        many.backward_weight(context, true);
        EXPECT_TRUE(one.y.same_bits(many.y)) << "y, " << threads << " threads, " << testing::PrintToString(g);
        EXPECT_TRUE(one.dx.same_bits(many.dx)) << "dx, " << threads << " threads, " << testing::PrintToString(g);
        EXPECT_TRUE(one.dweight.same_bits(many.dweight)) << "dweight, " << threads << " threads, " << testing::PrintToString(g);
        EXPECT_TRUE(one.dbias.same_bits(many.dbias)) << "dbias, " << threads << " threads, " << testing::PrintToString(g);
      }
    }
  }
}

/// A legal convolution, of which each test breaks one argument.
class GroupedConvArguments : public testing::Test {
 protected:
  Context context_{1};
  Case case_{{1, 5, 5, 8, 8, 2, 3, 3, {2, 1, 1, 1, 1, 1, 1}, 5, 5}, OCT_F32};
  Workspace scratch_{size_t{1} << 20};

  oct_status forward() {
    return oct_grouped_conv_forward(context_, &case_.g.conv, case_.x, case_.weight, case_.bias, case_.y, scratch_.data(), scratch_.bytes());
  }
  oct_status backward_data() {
    return oct_grouped_conv_backward_data(context_, &case_.g.conv, case_.dy, case_.weight, case_.dx, scratch_.data(), scratch_.bytes());
  }
  oct_status backward_weight() {
    return oct_grouped_conv_backward_weight(context_, &case_.g.conv, case_.x, case_.dy, case_.dweight, case_.dbias, scratch_.data(),
                                            scratch_.bytes());
  }
  void refused(oct_status status, std::initializer_list<const char*> parts) { expect_refused(OCT_INVALID_ARGUMENT, status, parts); }
};

TEST_F(GroupedConvArguments, LegalOnesPass) {
  EXPECT_EQ(OCT_OK, forward()) << oct_last_error();
  EXPECT_EQ(OCT_OK, backward_data()) << oct_last_error();
  EXPECT_EQ(OCT_OK, backward_weight()) << oct_last_error();
}

TEST_F(GroupedConvArguments, GroupsMustDivideTheChannels) {
  case_.g.conv.groups = 3;
  refused(forward(), {"grouped_conv_forward: C is 8 and K is 8, but both must be divisible by groups, 3"});
  case_.g.conv.groups = 0;
  refused(backward_data(), {"grouped_conv_backward_data: groups is 0, but must be >= 1"});
  case_.g.conv.groups = 4;
  refused(backward_weight(), {"grouped_conv_backward_weight: dweight has the shape [8,3,3,4]; axis 3 must be 2, C / groups"});
}

TEST_F(GroupedConvArguments, GeometryIsBounded) {
  case_.g.conv.stride_w = 0;
  refused(forward(), {"stride_w is 0, but must be in [1,1048576]"});
  case_.g.conv.stride_w = 1;
  case_.g.conv.padding_h = -1;
  refused(forward(), {"padding_h is -1, but must be in [0,1048576]"});
  case_.g.conv.padding_h = INT64_MAX;
  refused(forward(), {"padding_h is 9223372036854775807"});
  case_.g.conv.padding_h = 1;
  case_.g.conv.dilation_w = 4;
  refused(forward(), {"the filter reaches over 9 positions along w, but the input has 5 with padding 1 on both sides"});
  refused(oct_grouped_conv_forward(context_, nullptr, case_.x, case_.weight, nullptr, case_.y, nullptr, 0), {"conv is null"});
}

TEST_F(GroupedConvArguments, ExtentsMustFit) {
  case_.g.conv.padding_h = 0;
  refused(forward(), {"y has the shape [1,5,5,8]; axis 1 must be 3, (H + 2 padding_h - dilation_h (R - 1) - 1) / stride_h + 1"});
  case_.g.conv.padding_h = 1;
  Tensor batch(OCT_F32, {2, 5, 5, 8}), rank(OCT_F32, {5, 5, 8}), bias(OCT_F32, {7});
  refused(oct_grouped_conv_forward(context_, &case_.g.conv, case_.x, case_.weight, nullptr, batch, scratch_.data(), scratch_.bytes()),
          {"y has the shape [2,5,5,8]; axis 0 must be 1, the N of the input"});
  refused(oct_grouped_conv_forward(context_, &case_.g.conv, rank, case_.weight, nullptr, case_.y, scratch_.data(), scratch_.bytes()),
          {"x has rank 3, but must have rank 4"});
  refused(oct_grouped_conv_forward(context_, &case_.g.conv, case_.x, case_.weight, bias, case_.y, scratch_.data(), scratch_.bytes()),
          {"bias has the shape [7]; axis 0 must be 8, the K of the weight"});
}

TEST_F(GroupedConvArguments, TypesMustAgree) {
  const Case half(case_.g, OCT_BF16);
  refused(oct_grouped_conv_forward(context_, &case_.g.conv, case_.x, half.weight, nullptr, case_.y, scratch_.data(), scratch_.bytes()),
          {"weight is bf16, but x is f32; they must share a type"});
  const Tensor integers(OCT_I32, {1, 5, 5, 8});
  refused(oct_grouped_conv_forward(context_, &case_.g.conv, integers, case_.weight, nullptr, case_.y, scratch_.data(), scratch_.bytes()),
          {"x is i32, but must be f32 or bf16"});
  refused(
      oct_grouped_conv_backward_weight(context_, &case_.g.conv, half.x, half.dy, half.weight, nullptr, scratch_.data(), scratch_.bytes()),
      {"dweight is bf16, but must be f32"});
  size_t bytes = 0;
  refused(oct_grouped_conv_workspace(context_, OCT_FORWARD, &case_.g.conv, integers, case_.weight, case_.y, &bytes),
          {"grouped_conv_workspace: x is i32, but must be f32 or bf16"});
}

TEST_F(GroupedConvArguments, OutputsAliasNothing) {
  refused(oct_grouped_conv_forward(context_, &case_.g.conv, case_.x, case_.weight, nullptr, case_.x, scratch_.data(), scratch_.bytes()),
          {"y overlaps x in memory"});
  refused(oct_grouped_conv_backward_data(context_, &case_.g.conv, case_.dy, case_.weight, case_.dy, scratch_.data(), scratch_.bytes()),
          {"dx overlaps dy in memory"});
}

TEST_F(GroupedConvArguments, WorkspaceIsNeeded) {
  const size_t needed = case_.workspace_bytes(context_, OCT_FORWARD);
  ASSERT_GT(needed, 0u);
  const std::string rule = "the workspace has " + std::to_string(needed - 1) + " bytes, but " + std::to_string(needed) + " are needed";
  refused(oct_grouped_conv_forward(context_, &case_.g.conv, case_.x, case_.weight, nullptr, case_.y, scratch_.data(), needed - 1),
          {rule.c_str()});
  refused(oct_grouped_conv_forward(context_, &case_.g.conv, case_.x, case_.weight, nullptr, case_.y, nullptr, needed),
          {"the workspace is null"});
  refused(oct_grouped_conv_forward(context_, &case_.g.conv, case_.x, case_.weight, nullptr, case_.y,
                                   static_cast<char*>(scratch_.data()) + 4, needed),
          {"the workspace is not 64-byte aligned"});
  size_t bytes = 0;
  refused(oct_grouped_conv_workspace(context_, 4, &case_.g.conv, case_.x, case_.weight, case_.y, &bytes),
          {"pass is 4, but must be 0 (forward), 1 (backward_data), 2 (backward_weight) or 3 (forward_fused)"});
  EXPECT_EQ(oct_grouped_conv_workspace(context_, OCT_FORWARD_FUSED, &case_.g.conv, case_.x, case_.weight, case_.y, &bytes),
            OCT_UNSUPPORTED);
  EXPECT_STREQ(oct_last_error(), "grouped_conv_forward_fused: the device cpu has no kernel for it");
}

}  // namespace
