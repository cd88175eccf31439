// Softmax cross-entropy: values against double, the contract's special values, the same bits for every number of threads, refusals.
#include "octothorpe/softmax_cross_entropy.h"

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
            oct_softmax_cross_entropy(Context(threads), batch.logits, batch.offsets, batch.labels, kScale, batch.loss, batch.dlogits))
      << oct_last_error();
}

class SoftmaxCrossEntropy : public testing::TestWithParam<std::tuple<oct_dtype, int64_t, int64_t>> {};

TEST_P(SoftmaxCrossEntropy, MatchesDouble) {
  const auto [dtype, rows, classes] = GetParam();
  LabelBatch batch(dtype, classes, random_labels(rows, classes), 3);
  run(batch, 2);
  const int32_t* offset = batch.offsets.as<int32_t>();
  const int32_t* labels = batch.labels.as<int32_t>();
  // The exponentials carry 2^-24 of their argument (at most 16 here) from the subtraction and 2 units of 2^-23 of their own, a sum within a
  // block of 4096 (64 additions a lane at the narrowest, 256 a lane of 4) the same again; 2^-15 relative covers all with a margin of 2.
  constexpr double kRelative = 0x1p-15;
  for (int64_t b = 0; b < rows; ++b) {
    double max = -INFINITY, sum = 0;
    for (int64_t v = 0; v < classes; ++v) max = std::max(max, batch.logit(b, v));
    for (int64_t v = 0; v < classes; ++v) sum += std::exp(batch.logit(b, v) - max);
    const int32_t k = offset[b + 1] - offset[b];
    double loss = std::log(sum) + max;
    std::vector<double> target(static_cast<size_t>(classes));
    for (int32_t i = offset[b]; i < offset[b + 1]; ++i) {
      loss -= batch.logit(b, labels[i]) / k;
      target[static_cast<size_t>(labels[i])] += 1.0 / k;
    }
    ASSERT_NEAR(loss, batch.loss.at(static_cast<size_t>(b)), kRelative + 0x1p-23 * loss) << "row " << b;
    for (int64_t v = 0; v < classes; ++v) {
      const double p = std::exp(batch.logit(b, v) - max) / sum, t = target[static_cast<size_t>(v)];
      const double expected = kScale * (p - t);
      const double tolerance = kScale * (kRelative * p + 0x1p-22 * t) + (dtype == OCT_BF16 ? 0x1p-8 * std::fabs(expected) : 0) + 1e-38;
      ASSERT_NEAR(expected, batch.dlogits.at(batch.index(b, v)), tolerance) << "row " << b << " class " << v;
    }
    for (int64_t v = classes; v < batch.stride; ++v) ASSERT_EQ(77, batch.dlogits.at(batch.index(b, v))) << "between the rows";
  }
}

TEST_P(SoftmaxCrossEntropy, AnyThreadCountAndInPlaceGiveTheSameBits) {
  const auto [dtype, rows, classes] = GetParam();
  const auto labels = random_labels(rows, classes);
  LabelBatch one(dtype, classes, labels);
  run(one, 1);
  for (const int32_t threads : {2, 3, 5}) {
    LabelBatch several(dtype, classes, labels), in_place(dtype, classes, labels), loss_alone(dtype, classes, labels);
    run(several, threads);
    ASSERT_EQ(OCT_OK, oct_softmax_cross_entropy(Context(threads), in_place.logits, in_place.offsets, in_place.labels, kScale, in_place.loss,
                                                in_place.logits));
    ASSERT_EQ(OCT_OK, oct_softmax_cross_entropy(Context(threads), loss_alone.logits, loss_alone.offsets, loss_alone.labels, kScale,
                                                loss_alone.loss, nullptr));
    EXPECT_TRUE(one.loss.same_bits(several.loss) && one.dlogits.same_bits(several.dlogits)) << threads << " threads";
    EXPECT_TRUE(one.loss.same_bits(in_place.loss) && one.dlogits.same_bits(in_place.logits)) << threads << " threads, in place";
    EXPECT_TRUE(one.loss.same_bits(loss_alone.loss)) << threads << " threads, loss alone";
  }
}

// Around vectors and blocks of 4096; few long rows share their blocks out to the threads.
INSTANTIATE_TEST_SUITE_P(Shapes, SoftmaxCrossEntropy,
                         testing::Combine(testing::Values(OCT_F32, OCT_BF16), testing::Values(1, 7),
                                          testing::Values(1, 2, 3, 15, 16, 17, 63, 65, 1501, 4095, 4096, 4097, 40001)));

TEST(SoftmaxCrossEntropy, InfinityOnOtherClassesIsMasked) {
  for (const int32_t threads : {1, 2}) {
    // A whole block of -inf, and single ones.
    LabelBatch batch(OCT_F32, 40000, {{5, 39999}});
    for (size_t v = 4096; v < 8192; ++v) batch.logits.set(v, -INFINITY);
    batch.logits.set(0, -INFINITY);
    run(batch, threads);
    EXPECT_TRUE(std::isfinite(batch.loss.at(0)));
    EXPECT_EQ(0, batch.dlogits.at(0));
    for (size_t v = 4096; v < 8192; ++v) ASSERT_EQ(0, batch.dlogits.at(v));
    double sum = 0;
    for (size_t v = 0; v < 40000; ++v) sum += batch.dlogits.at(v);
    EXPECT_NEAR(0, sum, 40000 * 0x1p-24 * kScale);  // every gradient is at most kScale and rounded once
  }
}

TEST(SoftmaxCrossEntropy, InfinityOnALabelIsAnInfiniteLoss) {
  LabelBatch batch(OCT_F32, 20, {{3, 4}, {1}, {2}});
  batch.logits.set(batch.index(0, 4), -INFINITY);
  for (int64_t v = 0; v < 20; ++v) batch.logits.set(batch.index(2, v), -INFINITY);
  run(batch, 1);
  EXPECT_EQ(INFINITY, batch.loss.at(0));
  EXPECT_TRUE(std::isfinite(batch.loss.at(1)));
  EXPECT_EQ(INFINITY, batch.loss.at(2));
}

TEST(SoftmaxCrossEntropy, NanMakesItsRowNanAndNoOther) {
  for (const int64_t place : {0, 7, 16, 33, 4100, 4999}) {
    LabelBatch batch(OCT_F32, 5000, {{1}, {2}, {3}});
    batch.logits.set(batch.index(1, place), NAN);
    run(batch, 1);
    EXPECT_TRUE(std::isfinite(batch.loss.at(0)) && std::isfinite(batch.loss.at(2)));
    EXPECT_TRUE(std::isnan(batch.loss.at(1))) << "NaN at class " << place;
  }
}

TEST(SoftmaxCrossEntropy, LargeLogitsDoNotOverflow) {
  LabelBatch batch(OCT_F32, 3, {{0}, {1}});
  for (int64_t v = 0; v < 3; ++v) batch.logits.set(batch.index(0, v), 3e38f), batch.logits.set(batch.index(1, v), v == 1 ? -3e38f : 0.0f);
  run(batch, 1);
  EXPECT_FLOAT_EQ(std::log(3.0f), batch.loss.at(0));
  EXPECT_FLOAT_EQ(3e38f, batch.loss.at(1));
}

TEST(SoftmaxCrossEntropy, RefusesWithTheReason) {
  const Context context(1);
  LabelBatch batch(OCT_F32, 10, {{1}, {2, 3}});
  const auto call = [&](const oct_tensor* dlogits) {
    return oct_softmax_cross_entropy(context, batch.logits, batch.offsets, batch.labels, 1, batch.loss, dlogits);
  };
  batch.labels.as<int32_t>()[2] = 10;
  expect_refused(OCT_INVALID_ARGUMENT, call(batch.dlogits), {"softmax_cross_entropy", "row 1", "label 10", "[0,10)"});
  batch.labels.as<int32_t>()[2] = -1;
  expect_refused(OCT_INVALID_ARGUMENT, call(batch.dlogits), {"row 1", "label -1", "[0,10)"});
  batch.labels.as<int32_t>()[2] = 9;
  batch.offsets.as<int32_t>()[1] = 3;
  expect_refused(OCT_INVALID_ARGUMENT, call(batch.dlogits), {"row 1", "0 labels", "at least 1"});
  batch.offsets.as<int32_t>()[1] = 1;
  batch.offsets.as<int32_t>()[2] = 5;
  expect_refused(OCT_INVALID_ARGUMENT, call(batch.dlogits), {"offsets[2] is 5", "length of labels, 4"});
  batch.offsets.as<int32_t>()[2] = 3;
  batch.offsets.as<int32_t>()[0] = 1;
  expect_refused(OCT_INVALID_ARGUMENT, call(batch.dlogits), {"offsets[0] is 1"});
  batch.offsets.as<int32_t>()[0] = 0;
  EXPECT_EQ(OCT_OK, call(batch.dlogits));
  oct_tensor shifted = batch.logits.view();
  shifted.data = batch.logits.as<float>() + 1;
  shifted.shape[0] = 2;
  shifted.stride[0] = 9;
  shifted.shape[1] = 9;
  expect_refused(OCT_INVALID_ARGUMENT, call(&shifted), {"dlogits", "[2,9]", "[2,10]"});
  shifted = batch.logits.view();
  shifted.stride[0] = 11;
  expect_refused(OCT_INVALID_ARGUMENT, call(&shifted), {"dlogits", "11 apart"});
  const Tensor integers(OCT_I32, {2, 10}), short_loss(OCT_F32, {1});
  expect_refused(OCT_INVALID_ARGUMENT, call(integers), {"dlogits is i32"});
  expect_refused(OCT_INVALID_ARGUMENT,
                 oct_softmax_cross_entropy(context, batch.logits, batch.offsets, batch.labels, 1, short_loss, batch.dlogits),
                 {"loss", "[1]", "rows B"});
}

}  // namespace
