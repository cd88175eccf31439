// Every variant of the softmax cross-entropy on the emulated device, against double precision.
#include "label_loss.h"

namespace oct::test {
namespace {

constexpr float kScale = 0.125f;

const std::vector<std::string>& variants() {
  static const std::vector<std::string> names = EmulatedDevice().variants("softmax_cross_entropy", "forward_backward");
  return names;
}

// Tolerances as in SoftmaxCrossEntropyTest.java, which derives them.
void expect_matches_double(const LabelBatch& b, const LabelResult& result, bool gradient) {
  const double relative = 0x1p-15;
  for (int64_t r = 0; r < b.rows; ++r) {
    double max = -INFINITY, sum = 0;
    for (int64_t i = 0; i < b.classes; ++i) max = std::max(max, b.logit(r, i));
    for (int64_t i = 0; i < b.classes; ++i) sum += std::exp(b.logit(r, i) - max);
    const double labels = b.offsets[static_cast<size_t>(r) + 1] - b.offsets[static_cast<size_t>(r)];
    double loss = max + std::log(sum);
    std::vector<double> counts(static_cast<size_t>(b.classes));
    for (int32_t l = b.offsets[static_cast<size_t>(r)]; l < b.offsets[static_cast<size_t>(r) + 1]; ++l) {
      counts[static_cast<size_t>(b.labels[static_cast<size_t>(l)])] += 1;
      loss -= b.logit(r, b.labels[static_cast<size_t>(l)]) / labels;
    }
    expect_near("loss", static_cast<size_t>(r), loss, static_cast<double>(result.loss[static_cast<size_t>(r)]), relative + 0x1p-23 * loss);
    for (int64_t i = 0; gradient && i < b.classes; ++i) {
      const double p = std::exp(b.logit(r, i) - max) / sum, count = counts[static_cast<size_t>(i)], target = count / labels;
      const double g = static_cast<double>(kScale) * (p - target);
      const double tolerance = static_cast<double>(kScale) * (relative * p + (count + 2) * 0x1p-24 * target) +
                               (b.dtype == OCT_BF16 ? 0x1p-8 * std::fabs(g) : 0) + 0x1p-126;
      const size_t at = static_cast<size_t>(r * b.classes + i);
      expect_near("dlogits", at, g, static_cast<double>(result.gradient[at]), tolerance);
    }
  }
}

bool refused(const LabelResult& result) {
  if (result.status != OCT_UNSUPPORTED) return false;
  EXPECT_NE(result.text.find("classes, but there are"), std::string::npos) << result.text;
  return true;
}

TEST(SoftmaxCrossEntropy, EveryVariantMatchesDouble) {
  ASSERT_EQ(variants().size(), 4u);
  for (const std::string& variant : variants()) {
    int ran = 0;
    for (const std::vector<int64_t>& shape : shapes("softmax_cross_entropy", "test")) {
      for (oct_dtype dtype : {OCT_F32, OCT_BF16}) {
        SCOPED_TRACE(variant + " " + std::to_string(shape[1]) + (dtype == OCT_F32 ? " f32" : " bf16"));
        const LabelBatch batch(dtype, shape[1] > 9000 && shape[0] > 3 ? 3 : shape[0], shape[1], 1, shape[2],
                               static_cast<uint64_t>(shape[1]));
        const LabelResult result = run_label_loss(oct_softmax_cross_entropy, batch, kScale, {}, variant.c_str());
        if (refused(result)) continue;
        ASSERT_EQ(result.status, OCT_OK) << result.text;
        expect_matches_double(batch, result, true);
        ++ran;
      }
    }
    EXPECT_GE(ran, 14) << variant;
  }
}

TEST(SoftmaxCrossEntropy, RowsMayLieAnywhereAndResultsAreReproducible) {
  for (const std::string& variant : variants()) {
    for (int64_t classes : {1, 7, 63, 300, 1029}) {
      for (oct_dtype dtype : {OCT_F32, OCT_BF16}) {
        const LabelBatch batch(dtype, 9, classes, 1, 6, static_cast<uint64_t>(classes));
        std::vector<float> dense;
        for (const Placement& placement : placements()) {
          SCOPED_TRACE(variant + " V=" + std::to_string(classes) + " shift " + std::to_string(placement.shift));
          const LabelResult result = run_label_loss(oct_softmax_cross_entropy, batch, kScale, placement, variant.c_str());
          if (refused(result)) continue;
          ASSERT_EQ(result.status, OCT_OK) << result.text;
          expect_matches_double(batch, result, !placement.loss_alone);
          const LabelResult again = run_label_loss(oct_softmax_cross_entropy, batch, kScale, placement, variant.c_str());
          EXPECT_EQ(again.loss, result.loss);
          EXPECT_EQ(again.gradient, result.gradient);
        }
      }
    }
  }
}

TEST(SoftmaxCrossEntropy, TheDeviceChoosesByShape) {
  for (int64_t classes : {40, 5000, 140000}) {
    const LabelBatch batch(OCT_F32, 1, classes, 1, 3, 1);
    const LabelResult result = run_label_loss(oct_softmax_cross_entropy, batch, kScale);
    ASSERT_EQ(result.status, OCT_OK) << result.text;
    expect_matches_double(batch, result, true);
  }
}

TEST(SoftmaxCrossEntropy, InfinityMasksOtherClassesAndIsAnInfiniteLossOnALabel) {
  for (const std::string& variant : variants()) {
    SCOPED_TRACE(variant);
    LabelBatch batch(OCT_F32, 4, 200, 1, 1, 5);
    const auto at = [&](int64_t row, int64_t label) -> float& { return batch.logits[static_cast<size_t>(row * 200 + label)]; };
    const int64_t other = (batch.labels[0] + 1) % 200;
    at(0, other) = -INFINITY;
    at(1, batch.labels[1]) = -INFINITY;
    at(2, 17) = NAN;
    for (int64_t i = 0; i < 200; ++i) at(3, i) = -INFINITY;
    const LabelResult result = run_label_loss(oct_softmax_cross_entropy, batch, kScale, {}, variant.c_str());
    ASSERT_EQ(result.status, OCT_OK) << result.text;
    EXPECT_TRUE(std::isfinite(result.loss[0]));
    EXPECT_EQ(result.gradient[static_cast<size_t>(other)], 0.0f);
    EXPECT_EQ(result.loss[1], INFINITY);
    EXPECT_TRUE(std::isnan(result.loss[2]));
    EXPECT_EQ(result.loss[3], INFINITY);
  }
}

TEST(SoftmaxCrossEntropy, LargeLogitsDoNotCancel) {
  for (const std::string& variant : variants()) {
    LabelBatch batch(OCT_F32, 2, 100, 1, 2, 6);
    for (float& x : batch.logits) x += 100000.0f;
    const LabelResult result = run_label_loss(oct_softmax_cross_entropy, batch, kScale, {}, variant.c_str());
    ASSERT_EQ(result.status, OCT_OK) << result.text;
    expect_matches_double(batch, result, true);
  }
}

TEST(SoftmaxCrossEntropy, BrokenLabelsAreReportedAndTouchNothing) {
  for (const std::string& variant : variants()) {
    SCOPED_TRACE(variant);
    const LabelBatch good(OCT_BF16, 3, 100, 2, 2, 7);
    const auto text_of = [&](const LabelBatch& batch) {
      const LabelResult result = run_label_loss(oct_softmax_cross_entropy, batch, kScale, {}, variant.c_str());
      EXPECT_EQ(result.status, OCT_INVALID_ARGUMENT);
      return result.text;
    };
    for (int32_t label : {100, -1, INT32_MAX, INT32_MIN}) {
      LabelBatch batch = good;
      batch.labels[4] = label;
      EXPECT_NE(text_of(batch).find("row 2 has the label " + std::to_string(label)), std::string::npos) << text_of(batch);
    }
    for (int32_t offset : {0, 1000000, -5, INT32_MIN}) {
      LabelBatch batch = good;
      batch.offsets[1] = offset;
      EXPECT_NE(text_of(batch).find("offsets: row "), std::string::npos);
    }
    LabelBatch batch = good;
    batch.offsets[0] = 1;
    EXPECT_NE(text_of(batch).find("row 0 goes from 1 to 2"), std::string::npos) << text_of(batch);
  }
}

}  // namespace
}  // namespace oct::test
