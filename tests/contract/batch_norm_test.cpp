#include "oracles/batch_norm.h"

namespace oct::test {
namespace {

/// The tensors of one layer on a device. A test that shares memory sets one tensor to another.
struct NormTensors {
  oct_tensor x, residual, dy, weight, bias, running_mean, running_variance;
  oct_tensor y, saved_mean, saved_rstd, dx, dresidual, dweight, dbias;

  NormTensors(Device& device, const NormInputs& in)
      : x(device.of(in.dtype, in.shape, in.x)),
        residual(device.of(in.dtype, in.shape, in.residual)),
        dy(device.of(in.dtype, in.shape, in.dy)),
        weight(device.of(OCT_F32, {in.channels}, in.weight)),
        bias(device.of(OCT_F32, {in.channels}, in.bias)),
        running_mean(device.of(OCT_F32, {in.channels}, in.running_mean)),
        running_variance(device.of(OCT_F32, {in.channels}, in.running_variance)),
        y(device.empty(in.dtype, in.shape)),
        saved_mean(device.empty(OCT_F32, {in.channels})),
        saved_rstd(device.empty(OCT_F32, {in.channels})),
        dx(device.empty(in.dtype, in.shape)),
        dresidual(device.empty(in.dtype, in.shape)),
        dweight(device.empty(OCT_F32, {in.channels})),
        dbias(device.empty(OCT_F32, {in.channels})) {}
};

oct_batch_norm_forward_training_args training(const NormInputs& in, const NormTensors& t) {
  return {.x = t.x,
          .weight = t.weight,
          .bias = t.bias,
          .residual = in.with_residual ? t.residual : oct_tensor{},
          .running_mean = t.running_mean,
          .running_variance = t.running_variance,
          .saved_mean = t.saved_mean,
          .saved_rstd = t.saved_rstd,
          .y = t.y,
          .norm = in.norm};
}

oct_batch_norm_forward_inference_args inference(const NormInputs& in, const NormTensors& t) {
  return {.x = t.x,
          .weight = t.weight,
          .bias = t.bias,
          .residual = in.with_residual ? t.residual : oct_tensor{},
          .running_mean = t.running_mean,
          .running_variance = t.running_variance,
          .y = t.y,
          .norm = in.norm};
}

oct_batch_norm_backward_training_args backward_training(const NormInputs& in, const NormTensors& t) {
  return {.x = t.x,
          .y = in.norm.relu != 0 ? t.y : oct_tensor{},
          .weight = t.weight,
          .saved_mean = t.saved_mean,
          .saved_rstd = t.saved_rstd,
          .dy = t.dy,
          .dx = t.dx,
          .dresidual = in.with_residual ? t.dresidual : oct_tensor{},
          .dweight = t.dweight,
          .dbias = t.dbias,
          .norm = in.norm};
}

oct_status run_forward(Device& device, const NormInputs& in, const NormTensors& t, bool train) {
  return train ? run(device, training(in, t)) : run(device, inference(in, t));
}

oct_status run_backward(Device& device, const NormInputs& in, const NormTensors& t, bool train) {
  const oct_batch_norm_backward_training_args a = backward_training(in, t);
  return train ? run(device, a)
               : run(device, oct_batch_norm_backward_inference_args{.x = a.x,
                                                                    .y = a.y,
                                                                    .weight = a.weight,
                                                                    .running_mean = t.running_mean,
                                                                    .running_variance = t.running_variance,
                                                                    .dy = a.dy,
                                                                    .dx = a.dx,
                                                                    .dresidual = a.dresidual,
                                                                    .dweight = a.dweight,
                                                                    .dbias = a.dbias,
                                                                    .norm = a.norm});
}

NormOutputs outputs_of(const Device& device, const NormInputs& in, const NormTensors& t, bool train) {
  NormOutputs out;
  out.y = device.read(t.y);
  out.dx = device.read(t.dx);
  if (in.with_residual) out.dresidual = device.read(t.dresidual);
  out.dweight = device.read(t.dweight);
  out.dbias = device.read(t.dbias);
  out.running_mean = device.read(t.running_mean);
  out.running_variance = device.read(t.running_variance);
  if (!train) return out;
  out.saved_mean = device.read(t.saved_mean);
  out.saved_rstd = device.read(t.saved_rstd);
  return out;
}

/// Both passes on memory of their own.
NormOutputs run_both(const NormInputs& in, bool train, const Device::Options& options = {}) {
  Device device(options);
  const NormTensors t(device, in);
  EXPECT_EQ(run_forward(device, in, t, train), OCT_OK) << oct_last_error();
  EXPECT_EQ(run_backward(device, in, t, train), OCT_OK) << oct_last_error();
  return outputs_of(device, in, t, train);
}

void expect_training(const NormInputs& in, const NormOutputs& out) {
  expect_normalized(in, expect_statistics(in, out), out.y);
  const NormStatistics saved{{out.saved_mean.begin(), out.saved_mean.end()}, {out.saved_rstd.begin(), out.saved_rstd.end()}, {}, {}};
  expect_norm_gradients(in, out, saved, false);
}

class BatchNorm : public testing::TestWithParam<std::tuple<oct_dtype, bool, bool>> {
 protected:
  static NormInputs inputs(const std::vector<int64_t>& shape, float mean = 0) {
    const auto [dtype, relu, residual] = GetParam();
    return NormInputs(dtype, shape, relu, residual, mean);
  }
};

TEST_P(BatchNorm, TrainingMatchesDouble) {
  for (const std::vector<int64_t>& shape : shapes("batch_norm", 4)) {
    for (const float mean : {0.0f, 100.0f, 1000.0f}) {
      SCOPED_TRACE(text_of(shape) + ", mean " + std::to_string(mean));
      if (mean == 100 && on_cpu()) continue;
      if (mean == 1000 && emulated() && product(shape) > 5000) continue;
      const NormInputs in = inputs(shape, mean);
      expect_training(in, run_both(in, true));
    }
  }
}

TEST_P(BatchNorm, InferenceMatchesDouble) {
  for (const std::vector<int64_t>& shape : shapes("batch_norm", 4)) {
    SCOPED_TRACE(text_of(shape));
    const NormInputs in = inputs(shape);
    const NormOutputs out = run_both(in, false);
    EXPECT_EQ(out.running_mean, in.running_mean);
    EXPECT_EQ(out.running_variance, in.running_variance);
    expect_normalized(in, running_statistics(in), out.y);
    expect_norm_gradients(in, out, running_statistics(in), true);
  }
}

TEST_P(BatchNorm, AnyThreadCountAndASecondRunGiveTheSameBits) {
  std::vector<std::vector<int64_t>> all{{2, 17, 19, 40}};
  if (on_cpu()) all = shapes("batch_norm", 4);
  for (const std::vector<int64_t>& shape : all) {
    const NormInputs in = inputs(shape, 3);
    for (const bool train : {true, false}) {
      const NormOutputs one = run_both(in, train, {.threads = 1});
      for (const int32_t threads : thread_counts()) {
        EXPECT_TRUE(run_both(in, train, {.threads = threads}) == one) << text_of(shape) << ", " << threads << " threads";
      }
    }
  }
}

/// Sharing memory changes no bit.
TEST_P(BatchNorm, OutputsOverInputsGiveTheSameBits) {
  std::vector<std::vector<int64_t>> all{{2, 7, 9, std::get<0>(GetParam()) == OCT_F32 ? 20 : 24}};
  if (on_cpu()) all = shapes("batch_norm", 4);
  for (const std::vector<int64_t>& shape : all) {
    const NormInputs in = inputs(shape, 1);
    for (const bool train : {true, false}) {
      SCOPED_TRACE(text_of(shape) + (train ? " training" : " inference"));
      const NormOutputs apart = run_both(in, train);
      for (const bool over_residual : {false, true}) {
        if (over_residual ? !in.with_residual : train) continue;
        Device device;
        NormTensors t(device, in);
        t.y = over_residual ? t.residual : t.x;
        EXPECT_EQ(run_forward(device, in, t, train), OCT_OK) << oct_last_error();
        EXPECT_EQ(device.read(t.y), apart.y) << (over_residual ? "y over residual" : "y over x");
      }
      for (const std::string over : {"dx over dy", "dx over y", "dresidual over dy"}) {
        Device device;
        NormTensors t(device, in);
        EXPECT_EQ(run_forward(device, in, t, train), OCT_OK) << oct_last_error();
        if (over == "dx over dy") t.dx = t.dy;
        if (over == "dx over y") t.dx = t.y;
        if (over == "dresidual over dy") t.dresidual = t.dy;
        EXPECT_EQ(run_backward(device, in, t, train), OCT_OK) << oct_last_error();
        NormOutputs out = outputs_of(device, in, t, train);
        if (over == "dx over y") out.y = apart.y;
        EXPECT_TRUE(out == apart) << over;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(TypesAndFusions, BatchNorm,
                         testing::Combine(testing::Values(OCT_F32, OCT_BF16), testing::Bool(), testing::Bool()));

TEST(BatchNorm, TakesTensorsThatAreNotAligned) {
  const NormInputs in(OCT_BF16, {2, 5, 3, 16}, true, true);
  expect_training(in, run_both(in, true, {.first = 1}));
}

TEST(BatchNorm, RunningStatisticsAreOptional) {
  const NormInputs in(OCT_F32, {2, 5, 3, 7}, false, false);
  Device device;
  const NormTensors t(device, in);
  oct_batch_norm_forward_training_args args = training(in, t);
  args.running_mean = args.running_variance = {};
  ASSERT_RUNS(device, args);
  EXPECT_EQ(device.read(t.y), run_both(in, true).y);
}

/// An outlier in the first row, which sums are shifted by: the variance must not drown in it.
TEST(BatchNorm, KeepsTheVarianceBesideAnOutlier) {
  NormInputs in(OCT_F32, {3, 31, 29, 8}, false, false, 1000);
  for (size_t c = 0; c < 8; ++c) in.x[c] = 5e4f;
  const NormOutputs out = run_both(in, true);
  expect_normalized(in, expect_statistics(in, out), out.y);
}

TEST(BatchNormRefuses, WhatAForwardPassCannotTake) {
  Device device;
  const NormInputs in(OCT_F32, {2, 2, 2, 3}, true, true);
  const NormTensors t(device, in);
  const oct_batch_norm_forward_training_args good = training(in, t);
  ASSERT_EQ(bind(device, good), OCT_OK) << oct_last_error();
  oct_batch_norm_forward_training_args args = good;
  const auto refuse = [&](std::initializer_list<std::string> parts) {
    expect_invalid(bind(device, args), parts);
    args = good;
  };
  args.norm.epsilon = 0;
  refuse({"batch_norm_forward_training", "epsilon is 0", "> 0"});
  args.norm.momentum = 1.5f;
  refuse({"momentum is 1.5", "[0,1]"});
  args.weight = device.empty(OCT_F32, {4});
  refuse({"weight has the shape [4]", "must be 3"});
  args.residual = device.empty(OCT_BF16, in.shape);
  refuse({"residual is bf16", "x is f32"});
  args.running_variance = {};
  refuse({"running_variance is missing", "both or neither"});
  args.running_variance = args.running_mean;
  refuse({"running_variance", "overlaps", "running_mean"});
  args.y = args.x;
  refuse({"y overlaps x"});
  args.x = device.empty(OCT_F32, {4});
  refuse({"x has rank 1"});
  args.x = view_of(args.x, {1, 1, 1, 3});
  args.y = view_of(args.y, {1, 1, 1, 3});
  args.residual = {};
  refuse({"N H W must be >= 2"});
}

TEST(BatchNormRefuses, WhatABackwardPassCannotTake) {
  Device device;
  const NormInputs in(OCT_F32, {2, 2, 2, 3}, true, true);
  const NormTensors t(device, in);
  const oct_batch_norm_backward_training_args good = backward_training(in, t);
  ASSERT_EQ(bind(device, good), OCT_OK) << oct_last_error();
  oct_batch_norm_backward_training_args args = good;
  const auto refuse = [&](std::initializer_list<std::string> parts) {
    expect_invalid(bind(device, args), parts);
    args = good;
  };
  args.y = {};
  refuse({"batch_norm_backward_training", "y is missing"});
  args.norm.relu = 0;
  refuse({"y is given", "absent without relu"});
  args.dx = args.x;
  refuse({"dx overlaps x"});
  args.dresidual = args.dx;
  refuse({"dresidual", "overlaps", "dx"});
}

}  // namespace
}  // namespace oct::test
