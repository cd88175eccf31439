// Sigmoid cross-entropy: values against double, special values, the same bits for every number of threads, refusals.
#include "octothorpe/sigmoid_cross_entropy.h"

#include "label_loss.h"

namespace {

using test::Context;
using test::expect_refused;
using test::LabelBatch;
using test::random_labels;
using test::Tensor;

constexpr float kScale = 0.25f;

void run(LabelBatch& batch, int32_t threads) {
  ASSERT_EQ(OCT_OK,
            oct_sigmoid_cross_entropy(Context(threads), batch.logits, batch.offsets, batch.labels, kScale, batch.loss, batch.dlogits))
      << oct_last_error();
}

double softplus(double x) { return std::log1p(std::exp(-std::fabs(x))) + std::max(x, 0.0); }

class SigmoidCrossEntropy : public testing::TestWithParam<std::tuple<oct_dtype, int64_t, int64_t>> {};

TEST_P(SigmoidCrossEntropy, MatchesDouble) {
  const auto [dtype, rows, classes] = GetParam();
  auto labels = random_labels(rows, classes);
  labels.push_back({});  // a row without labels
  LabelBatch batch(dtype, classes, labels, 3);
  run(batch, 2);
  for (int64_t b = 0; b < batch.rows; ++b) {
    double loss = 0;
    for (int64_t v = 0; v < classes; ++v) {
      const auto& row = labels[static_cast<size_t>(b)];
      const bool is_label = std::find(row.begin(), row.end(), static_cast<int32_t>(v)) != row.end();
      const double x = batch.logit(b, v);
      loss += softplus(is_label ? -x : x);
      const double expected = kScale * (is_label ? -1 / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)));
      // An exponential of 2 units of 2^-23, a sum, a quotient and two products of half a unit each: below 2^-20 relative, also for the
      // small gradients of well-classified labels. BF16 is then rounded to 8 bits.
      const double tolerance = (0x1p-20 + (dtype == OCT_BF16 ? 0x1p-8 : 0)) * std::fabs(expected);
      ASSERT_NEAR(expected, batch.dlogits.at(batch.index(b, v)), tolerance) << "row " << b << " class " << v;
    }
    // All terms are positive: each is off by at most 2^-20 relative, and at most 512 + 3 of them (4096 in two sums of 4 lanes) are added
    // one after the other in F32.
    ASSERT_NEAR(loss, batch.loss.at(static_cast<size_t>(b)), loss * (0x1p-20 + 515 * 0x1p-24)) << "row " << b;
    for (int64_t v = classes; v < batch.stride; ++v) ASSERT_EQ(77, batch.dlogits.at(batch.index(b, v))) << "between the rows";
  }
}

TEST_P(SigmoidCrossEntropy, AnyThreadCountAndInPlaceGiveTheSameBits) {
  const auto [dtype, rows, classes] = GetParam();
  const auto labels = random_labels(rows, classes);
  LabelBatch one(dtype, classes, labels);
  run(one, 1);
  for (const int32_t threads : {2, 3, 5}) {
    LabelBatch several(dtype, classes, labels), in_place(dtype, classes, labels), loss_alone(dtype, classes, labels);
    run(several, threads);
    ASSERT_EQ(OCT_OK, oct_sigmoid_cross_entropy(Context(threads), in_place.logits, in_place.offsets, in_place.labels, kScale, in_place.loss,
                                                in_place.logits));
    ASSERT_EQ(OCT_OK, oct_sigmoid_cross_entropy(Context(threads), loss_alone.logits, loss_alone.offsets, loss_alone.labels, kScale,
                                                loss_alone.loss, nullptr));
    EXPECT_TRUE(one.loss.same_bits(several.loss) && one.dlogits.same_bits(several.dlogits)) << threads << " threads";
    EXPECT_TRUE(one.loss.same_bits(in_place.loss) && one.dlogits.same_bits(in_place.logits)) << threads << " threads, in place";
    EXPECT_TRUE(one.loss.same_bits(loss_alone.loss)) << threads << " threads, loss alone";
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, SigmoidCrossEntropy,
                         testing::Combine(testing::Values(OCT_F32, OCT_BF16), testing::Values(1, 7),
                                          testing::Values(1, 2, 3, 15, 16, 17, 1501, 4095, 4096, 4097, 40001)));

TEST(SigmoidCrossEntropy, ExtremeLogits) {
  LabelBatch batch(OCT_F32, 6, {{0, 1, 2, 2}});
  batch.logits.set({3e38f, -100.0f, 100.0f, -3e38f, -INFINITY, -100.0f});
  run(batch, 1);
  EXPECT_FLOAT_EQ(100.0f, batch.loss.at(0));  // the label at -100 alone; those at 3e38 and 100 cost less than 1e-38
  EXPECT_EQ(0, batch.dlogits.at(0));
  EXPECT_FLOAT_EQ(-kScale, batch.dlogits.at(1));
  EXPECT_EQ(0, batch.dlogits.at(3));
  EXPECT_EQ(0, batch.dlogits.at(4));
  batch.logits.set({-INFINITY, 0, 0, 0, 0, 0});
  run(batch, 1);
  EXPECT_EQ(INFINITY, batch.loss.at(0));
  batch.logits.set({0, 0, 0, 0, NAN, 0});
  run(batch, 1);
  EXPECT_TRUE(std::isnan(batch.loss.at(0)));
}

TEST(SigmoidCrossEntropy, RefusesWithTheReason) {
  const Context context(1);
  LabelBatch batch(OCT_F32, 10, {{1}, {2, 3}});
  batch.labels.as<int32_t>()[0] = 11;
  expect_refused(OCT_INVALID_ARGUMENT,
                 oct_sigmoid_cross_entropy(context, batch.logits, batch.offsets, batch.labels, 1, batch.loss, batch.dlogits),
                 {"sigmoid_cross_entropy", "row 0", "label 11", "[0,10)"});
  batch.labels.as<int32_t>()[0] = 1;
  batch.offsets.as<int32_t>()[1] = 3;
  batch.offsets.as<int32_t>()[2] = 2;
  expect_refused(OCT_INVALID_ARGUMENT,
                 oct_sigmoid_cross_entropy(context, batch.logits, batch.offsets, batch.labels, 1, batch.loss, batch.dlogits),
                 {"row 1", "-1 labels", "at least 0"});
}

}  // namespace
