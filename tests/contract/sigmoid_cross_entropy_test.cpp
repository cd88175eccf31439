#include "oracles/sigmoid_cross_entropy.h"

#include "support/label_loss.h"

namespace oct::test {
namespace {

constexpr float kScale = 0.125f;

LabelResult run_sigmoid(const LabelRows& batch, const Placement& placement = {}, int32_t threads = 2) {
  return run_label_loss<oct_sigmoid_cross_entropy_args>(batch, kScale, placement, "", threads);
}

TEST(SigmoidCrossEntropy, MatchesDouble) {
  for (const std::vector<int64_t>& shape : shapes("sigmoid_cross_entropy", 3)) {
    for (const oct_dtype dtype : {OCT_F32, OCT_BF16}) {
      SCOPED_TRACE(text_of(shape) + " " + name_of(dtype));
      const LabelRows batch(dtype, shape[1] > 9000 && shape[0] > 3 ? 3 : shape[0], shape[1], 0, shape[2], static_cast<uint64_t>(shape[1]));
      const LabelResult result = run_sigmoid(batch);
      ASSERT_EQ(result.status, OCT_OK) << result.text;
      expect_sigmoid(batch, kScale, result);
    }
  }
}

TEST(SigmoidCrossEntropy, RowsMayLieAnywhereAndResultsAreReproducible) {
  for (const int64_t rows : {1, 7}) {
    for (const int64_t classes : class_counts()) {
      if (!on_cpu() && rows == 1) continue;
      for (const oct_dtype dtype : {OCT_F32, OCT_BF16}) {
        const LabelRows batch(dtype, rows, classes, 0, 6, static_cast<uint64_t>(classes));
        const LabelResult dense = run_sigmoid(batch, {}, 1);
        for (const Placement& placement : placements()) {
          SCOPED_TRACE("V=" + std::to_string(classes) + " shift " + std::to_string(placement.shift));
          const LabelResult result = run_sigmoid(batch, placement);
          ASSERT_EQ(result.status, OCT_OK) << result.text;
          expect_sigmoid(batch, kScale, result);
          if (on_cpu()) {
            EXPECT_TRUE(result.loss == dense.loss && (placement.loss_alone || result.gradient == dense.gradient));
          }
          for (const int32_t threads : thread_counts()) {
            const LabelResult again = run_sigmoid(batch, placement, threads);
            EXPECT_TRUE(again.loss == result.loss && again.gradient == result.gradient) << threads << " threads";
          }
        }
      }
    }
  }
}

TEST(SigmoidCrossEntropy, ExtremeLogits) {
  LabelRows batch(OCT_F32, 6, {{0, 1, 2, 2}, {1}, {0}});
  batch.logits = {3e38f, -100, 100, -3e38f, -INFINITY, -100, /**/ 1e30f, -1e30f, -1e30f, -1e30f, -1e30f, -1e30f, /**/ 0, 0, 0, 0, NAN, 0};
  LabelResult result = run_sigmoid(batch);
  ASSERT_EQ(result.status, OCT_OK) << result.text;
  EXPECT_FLOAT_EQ(result.loss[0], 100);  // the label at -100 alone; those at 3e38 and 100 cost less than 1e-38
  EXPECT_EQ(result.gradient[0], 0.0f);
  EXPECT_FLOAT_EQ(result.gradient[1], -kScale);
  EXPECT_EQ(result.gradient[3], 0.0f);
  EXPECT_EQ(result.gradient[4], 0.0f);
  EXPECT_FLOAT_EQ(result.loss[1], 2e30f);
  EXPECT_FLOAT_EQ(result.gradient[6], kScale);
  EXPECT_FLOAT_EQ(result.gradient[7], -kScale);
  EXPECT_TRUE(std::isnan(result.loss[2]));
  LabelRows infinite(OCT_F32, 2, {{0}, {0}, {0}});
  infinite.logits = {-INFINITY, 0, /**/ 1e30f, -1e30f, /**/ -1e30f, -3};
  result = run_sigmoid(infinite);
  ASSERT_EQ(result.status, OCT_OK) << result.text;
  EXPECT_EQ(result.loss[0], INFINITY);
  EXPECT_EQ(result.loss[1], 0.0f);
  EXPECT_EQ(result.loss[2], 1e30f);
}

TEST(SigmoidCrossEntropy, BrokenLabelsAreReported) {
  const LabelRows good(OCT_BF16, 100, {{1, 2}, {3, 4}, {5, 6}});
  LabelRows batch = good;
  batch.labels[4] = 100;
  expect_reported(run_sigmoid(batch), "sigmoid_cross_entropy: row 2 has the label 100, but labels must be in [0,100)",
                  "row 2 has the label 100, but it must be in [0,100)");
  batch = good;
  batch.offsets[1] = 5;
  expect_reported(run_sigmoid(batch), "row 1 has -1 labels (offsets 5 to 4), but must have at least 0", "offsets: row ");
}

}  // namespace
}  // namespace oct::test
