// The sigmoid cross-entropy on the emulated device, against double precision.
#include "label_loss.h"

namespace oct::test {
namespace {

constexpr float kScale = 0.125f;

// Tolerances as in SigmoidCrossEntropyTest.java, which derives them.
void expect_matches_double(const LabelBatch& b, const LabelResult& result, bool gradient) {
  for (int64_t r = 0; r < b.rows; ++r) {
    double loss = 0;
    std::vector<bool> is_label(static_cast<size_t>(b.classes));
    for (int32_t l = b.offsets[static_cast<size_t>(r)]; l < b.offsets[static_cast<size_t>(r) + 1]; ++l) {
      is_label[static_cast<size_t>(b.labels[static_cast<size_t>(l)])] = true;
    }
    for (int64_t i = 0; i < b.classes; ++i) {
      const bool label = is_label[static_cast<size_t>(i)];
      const double z = label ? -b.logit(r, i) : b.logit(r, i);
      loss += std::log1p(std::exp(-std::fabs(z))) + std::max(z, 0.0);
      if (!gradient) continue;
      const double g = static_cast<double>(kScale) / (1 + std::exp(-z)) * (label ? -1 : 1);
      const size_t at = static_cast<size_t>(r * b.classes + i);
      expect_near("dlogits", at, g, static_cast<double>(result.gradient[at]),
                  (0x1p-20 + (b.dtype == OCT_BF16 ? 0x1p-8 : 0)) * std::fabs(g));
    }
    expect_near("loss", static_cast<size_t>(r), loss, static_cast<double>(result.loss[static_cast<size_t>(r)]),
                loss * (0x1p-20 + 600 * 0x1p-24));
  }
}

TEST(SigmoidCrossEntropy, MatchesDouble) {
  for (const std::vector<int64_t>& shape : shapes("sigmoid_cross_entropy", "test")) {
    for (oct_dtype dtype : {OCT_F32, OCT_BF16}) {
      SCOPED_TRACE(std::to_string(shape[1]) + (dtype == OCT_F32 ? " f32" : " bf16"));
      const LabelBatch batch(dtype, shape[1] > 9000 && shape[0] > 3 ? 3 : shape[0], shape[1], 0, shape[2], static_cast<uint64_t>(shape[1]));
      const LabelResult result = run_label_loss(oct_sigmoid_cross_entropy, batch, kScale);
      ASSERT_EQ(result.status, OCT_OK) << result.text;
      expect_matches_double(batch, result, true);
    }
  }
}

TEST(SigmoidCrossEntropy, RowsMayLieAnywhereAndResultsAreReproducible) {
  for (int64_t classes : {1, 7, 63, 300, 4111}) {
    for (oct_dtype dtype : {OCT_F32, OCT_BF16}) {
      const LabelBatch batch(dtype, 5, classes, 0, 6, static_cast<uint64_t>(classes));
      for (const Placement& placement : placements()) {
        SCOPED_TRACE("V=" + std::to_string(classes) + " shift " + std::to_string(placement.shift));
        const LabelResult result = run_label_loss(oct_sigmoid_cross_entropy, batch, kScale, placement);
        ASSERT_EQ(result.status, OCT_OK) << result.text;
        expect_matches_double(batch, result, !placement.loss_alone);
        const LabelResult again = run_label_loss(oct_sigmoid_cross_entropy, batch, kScale, placement);
        EXPECT_EQ(again.loss, result.loss);
        EXPECT_EQ(again.gradient, result.gradient);
      }
    }
  }
}

TEST(SigmoidCrossEntropy, ExtremeLogits) {
  LabelBatch batch(OCT_F32, 3, 2, 1, 1, 1);
  batch.labels = {0, 0, 0};
  batch.logits = {1e30f, -1e30f, -1e30f, 3.0f, NAN, 0.0f};
  const LabelResult result = run_label_loss(oct_sigmoid_cross_entropy, batch, 1.0f);
  ASSERT_EQ(result.status, OCT_OK) << result.text;
  EXPECT_EQ(result.loss[0], 0.0f);
  EXPECT_EQ(result.loss[1], 1e30f);
  EXPECT_TRUE(std::isnan(result.loss[2]));
  EXPECT_EQ(result.gradient[2], -1.0f);
}

TEST(SigmoidCrossEntropy, BrokenLabelsAreReported) {
  LabelBatch batch(OCT_BF16, 3, 100, 2, 2, 7);
  batch.labels[4] = 100;
  LabelResult result = run_label_loss(oct_sigmoid_cross_entropy, batch, kScale);
  EXPECT_EQ(result.status, OCT_INVALID_ARGUMENT);
  EXPECT_NE(result.text.find("row 2 has the label 100, but it must be in [0,100)"), std::string::npos) << result.text;
  batch.labels[4] = 99;
  batch.offsets[1] = 7;
  result = run_label_loss(oct_sigmoid_cross_entropy, batch, kScale);
  EXPECT_EQ(result.status, OCT_INVALID_ARGUMENT);
  EXPECT_NE(result.text.find("offsets: row "), std::string::npos) << result.text;
}

}  // namespace
}  // namespace oct::test
