// Softmax cross-entropy by every variant that the device has.
#include "oracles/softmax_cross_entropy.h"

#include "support/label_loss.h"

namespace oct::test {
namespace {

constexpr float kScale = 0.125f;

LabelResult run_softmax(const LabelRows& batch, const std::string& variant = "", const Placement& placement = {}, int32_t threads = 2) {
  return run_label_loss<oct_softmax_cross_entropy_args>(batch, kScale, placement, variant, threads);
}

std::vector<std::string> variants() { return Device().choices("softmax_cross_entropy", "forward_backward"); }

bool refused(const LabelResult& result) {
  if (result.status != OCT_UNSUPPORTED) return false;
  EXPECT_NE(result.text.find("classes, but there are"), std::string::npos) << result.text;
  return true;
}

TEST(SoftmaxCrossEntropy, EveryVariantMatchesDouble) {
  if (emulated()) {
    ASSERT_EQ(variants().size(), 4u);
  }
  for (const std::string& variant : variants()) {
    int ran = 0;
    for (const std::vector<int64_t>& shape : shapes("softmax_cross_entropy", 3)) {
      for (const oct_dtype dtype : {OCT_F32, OCT_BF16}) {
        SCOPED_TRACE(variant + " " + text_of(shape) + " " + name_of(dtype));
        const LabelRows batch(dtype, shape[1] > 9000 && shape[0] > 3 ? 3 : shape[0], shape[1], 1, shape[2],
                              static_cast<uint64_t>(shape[1]));
        const LabelResult result = run_softmax(batch, variant);
        if (refused(result)) continue;
        ASSERT_EQ(result.status, OCT_OK) << result.text;
        expect_softmax(batch, kScale, result);
        ++ran;
      }
    }
    EXPECT_GE(ran, 14) << variant;
  }
}

TEST(SoftmaxCrossEntropy, RowsMayLieAnywhereAndResultsAreReproducible) {
  for (const std::string& variant : variants()) {
    for (const int64_t rows : {1, 9}) {
      for (const int64_t classes : class_counts()) {
        if (!on_cpu() && (rows == 1 || classes > 2000)) continue;
        for (const oct_dtype dtype : {OCT_F32, OCT_BF16}) {
          const LabelRows batch(dtype, rows, classes, 1, 6, static_cast<uint64_t>(classes));
          for (const Placement& placement : placements()) {
            SCOPED_TRACE(variant + " V=" + std::to_string(classes) + " shift " + std::to_string(placement.shift));
            const LabelResult result = run_softmax(batch, variant, placement);
            if (refused(result)) continue;
            ASSERT_EQ(result.status, OCT_OK) << result.text;
            expect_softmax(batch, kScale, result);
            for (const int32_t threads : thread_counts()) {
              const LabelResult again = run_softmax(batch, variant, placement, threads);
              EXPECT_TRUE(again.loss == result.loss && again.gradient == result.gradient) << threads << " threads";
            }
          }
        }
      }
    }
  }
}

/// On the CPU, whatever lies where: in place, with or without gradients.
TEST(CpuSoftmaxCrossEntropy, EveryPlaceGivesTheSameBits) {
  for (const int64_t classes : class_counts()) {
    for (const oct_dtype dtype : {OCT_F32, OCT_BF16}) {
      const LabelRows batch(dtype, 7, classes, 1, 5, 5);
      const LabelResult dense = run_softmax(batch, "", {}, 1);
      for (const Placement& placement : placements()) {
        const LabelResult result = run_softmax(batch, "", placement, 3);
        EXPECT_EQ(result.loss, dense.loss);
        EXPECT_TRUE(placement.loss_alone || result.gradient == dense.gradient) << classes;
      }
    }
  }
}

TEST(SoftmaxCrossEntropy, TheDeviceChoosesByShape) {
  for (const int64_t classes : {40, 5000, 140000}) {
    const LabelRows batch(OCT_F32, 1, classes, 1, 3, 1);
    const LabelResult result = run_softmax(batch);
    ASSERT_EQ(result.status, OCT_OK) << result.text;
    expect_softmax(batch, kScale, result);
  }
}

TEST(SoftmaxCrossEntropy, InfinityMasksOtherClassesAndIsAnInfiniteLossOnALabel) {
  for (const std::string& variant : variants()) {
    SCOPED_TRACE(variant);
    LabelRows batch(OCT_F32, 5, 200, 1, 1, 5);
    const int64_t other = (batch.labels[0] + 1) % 200;
    batch.logit(0, other) = -INFINITY;
    batch.logit(1, batch.labels[static_cast<size_t>(batch.begin(1))]) = -INFINITY;
    batch.logit(2, 17) = NAN;
    for (int64_t v = 0; v < 200; ++v) batch.logit(3, v) = -INFINITY;
    const LabelResult result = run_softmax(batch, variant);
    ASSERT_EQ(result.status, OCT_OK) << result.text;
    EXPECT_TRUE(std::isfinite(result.loss[0]));
    EXPECT_EQ(result.gradient[static_cast<size_t>(other)], 0.0f);
    EXPECT_EQ(result.loss[1], INFINITY);
    EXPECT_TRUE(std::isnan(result.loss[2]));
    EXPECT_EQ(result.loss[3], INFINITY);
    EXPECT_TRUE(std::isfinite(result.loss[4]));
  }
}

/// A whole block of -inf, and a single one, in a row that the CPU's threads share.
TEST(SoftmaxCrossEntropy, ABlockOfMinusInfinityHasNoGradient) {
  for (const int32_t threads : {1, 2}) {
    LabelRows batch(OCT_F32, 40000, {{5, 39999}});
    for (int64_t v = 4096; v < 8192; ++v) batch.logit(0, v) = -INFINITY;
    batch.logit(0, 0) = -INFINITY;
    const LabelResult result = run_softmax(batch, "", {}, threads);
    ASSERT_EQ(result.status, OCT_OK) << result.text;
    EXPECT_TRUE(std::isfinite(result.loss[0]));
    EXPECT_EQ(result.gradient[0], 0.0f);
    double sum = 0;
    for (size_t v = 0; v < 40000; ++v) {
      sum += static_cast<double>(result.gradient[v]);
      ASSERT_TRUE(v < 4096 || v >= 8192 || result.gradient[v] == 0) << v;
    }
    // On the CPU every gradient is at most kScale and rounded once; elsewhere the probabilities, which add up to 1, carry 2^-15.
    EXPECT_NEAR(sum, 0, on_cpu() ? 40000 * kUnit * static_cast<double>(kScale) : 0x1p-15 * static_cast<double>(kScale));
  }
}

TEST(SoftmaxCrossEntropy, NanMakesItsRowNanAndNoOther) {
  for (const int64_t place : {0, 7, 16, 33, 4100, 4999}) {
    LabelRows batch(OCT_F32, 5000, {{1}, {2}, {3}});
    batch.logit(1, place) = NAN;
    const LabelResult result = run_softmax(batch);
    ASSERT_EQ(result.status, OCT_OK) << result.text;
    EXPECT_TRUE(std::isfinite(result.loss[0]) && std::isfinite(result.loss[2]));
    EXPECT_TRUE(std::isnan(result.loss[1])) << "NaN at class " << place;
  }
}

TEST(SoftmaxCrossEntropy, LargeLogitsDoNotCancelOrOverflow) {
  for (const std::string& variant : variants()) {
    SCOPED_TRACE(variant);
    LabelRows batch(OCT_F32, 2, 100, 1, 2, 6);
    for (float& x : batch.logits) x += 100000.0f;
    LabelResult result = run_softmax(batch, variant);
    ASSERT_EQ(result.status, OCT_OK) << result.text;
    expect_softmax(batch, kScale, result);
    LabelRows huge(OCT_F32, 3, {{0}, {1}});
    huge.logits = {3e38f, 3e38f, 3e38f, 0, -3e38f, 0};
    result = run_softmax(huge, variant);
    ASSERT_EQ(result.status, OCT_OK) << result.text;
    EXPECT_FLOAT_EQ(result.loss[0], std::log(3.0f));
    EXPECT_FLOAT_EQ(result.loss[1], 3e38f);
  }
}

TEST(SoftmaxCrossEntropy, BrokenLabelsAreReportedAndTouchNothing) {
  for (const std::string& variant : variants()) {
    SCOPED_TRACE(variant);
    const LabelRows good(OCT_BF16, 100, {{1, 2}, {3, 4}, {5, 6}});
    for (const int32_t label : {100, -1, INT32_MAX, INT32_MIN}) {
      LabelRows batch = good;
      batch.labels[4] = label;
      const std::string text = "row 2 has the label " + std::to_string(label);
      expect_reported(run_softmax(batch, variant), "softmax_cross_entropy: " + text + ", but labels must be in [0,100)", text);
    }
    for (const int32_t offset : {0, 1000000, -5, INT32_MIN}) {
      LabelRows batch = good;
      batch.offsets[1] = offset;
      expect_reported(run_softmax(batch, variant), offset == 1000000 ? "offsets[1] is 1000000" : "but must have at least 1",
                      "offsets: row ");
    }
    LabelRows batch = good;
    batch.offsets[0] = 1;
    expect_reported(run_softmax(batch, variant), "offsets[0] is 1, but must be 0", "row 0 goes from 1 to 2");
    batch = good;
    batch.offsets[3] = 8;
    expect_reported(run_softmax(batch, variant), "offsets[3] is 8, but must be at most the length of labels, 7", "offsets: row ");
  }
}

TEST(SoftmaxCrossEntropyRefuses, WhatDoesNotFit) {
  Device device;
  const oct_tensor logits = device.empty(OCT_F32, {2, 10});
  oct_softmax_cross_entropy_args args{.logits = logits,
                                      .offsets = device.empty(OCT_I32, {3}),
                                      .labels = device.empty(OCT_I32, {4}),
                                      .loss = device.empty(OCT_F32, {2}),
                                      .dlogits = logits,
                                      .gradient_scale = 1};
  EXPECT_EQ(bind(device, args), OCT_OK) << oct_last_error();
  args.dlogits = view_of(logits, {2, 9}, 1);
  expect_invalid(bind(device, args), {"dlogits", "[2,9]", "[2,10]"});
  args.dlogits = logits;
  args.dlogits.stride[0] = 11;
  expect_invalid(bind(device, args), {"dlogits", "11 apart"});
  args.dlogits = device.empty(OCT_I32, {2, 10});
  expect_invalid(bind(device, args), {"dlogits is i32"});
  args.dlogits = {};
  args.loss = device.empty(OCT_F32, {1});
  expect_invalid(bind(device, args), {"loss", "[1]", "rows B"});
}

}  // namespace
}  // namespace oct::test
