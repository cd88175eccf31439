#include "oracles/sgd.h"

namespace oct::test {
namespace {

class Sgd : public testing::TestWithParam<bool> {};

std::vector<int64_t> ends_of(int64_t n, int64_t segments) {
  std::vector<int64_t> ends;
  for (int64_t s = 0; s < segments; ++s) ends.push_back(n * (s + 1) / segments);
  return ends;
}

// Three steps from a buffer of zeros; parameter and buffer after each.
std::vector<std::vector<float>> expect_steps(int64_t n, int64_t segments, bool nesterov, const Device::Options& options) {
  Device device(options);
  const std::vector<int64_t> ends = ends_of(n, segments);
  std::vector<float> decays;
  for (int64_t s = 0; s < segments; ++s) decays.push_back(0.01f * static_cast<float>(s % 3));
  const std::vector<float> start = random_values(n, 1);
  std::vector<float> torch = start, velocity(start.size());
  std::vector<SgdExact> exact;
  for (const float value : start) exact.push_back({static_cast<double>(value), 0});
  const oct_tensor parameter = device.of(OCT_F32, {n}, start), buffer = device.of(OCT_F32, {n}, velocity);
  const oct_tensor gradient = device.empty(OCT_F32, {n}), copy = device.empty(OCT_BF16, {n});
  const oct_tensor end = device.of_integers(OCT_I64, {segments}, ends), decay = device.of(OCT_F32, {segments}, decays);
  const oct_tensor rates = device.rates(0, 0);
  Call with(device), without(device);
  oct_sgd_step_args args{.parameter = parameter,
                         .gradient = gradient,
                         .buffer = buffer,
                         .parameter_bf16 = copy,
                         .segment_ends = end,
                         .segment_decay = decay,
                         .rates = rates,
                         .momentum = 0.9f,
                         .nesterov = nesterov ? 1 : 0};
  EXPECT_EQ(with.prepare(args), OCT_OK) << oct_last_error();
  EXPECT_EQ(with.bind(addresses_of(args)), OCT_OK) << oct_last_error();
  args.parameter_bf16 = {};
  EXPECT_EQ(without.prepare(args), OCT_OK) << oct_last_error();
  EXPECT_EQ(without.bind(addresses_of(args)), OCT_OK) << oct_last_error();
  std::vector<std::vector<float>> results;
  for (int step = 0; step < 3; ++step) {
    // The same calls with other rates: these lie in the device's memory.
    SgdOptions sgd{0.1f / static_cast<float>(1 + step), 0.9f, 0, 0.25f, nesterov};
    const std::vector<float> gradients = random_values(n, static_cast<uint64_t>(10 + step));
    device.write(gradient, gradients);
    device.write(rates, {sgd.learning_rate, sgd.gradient_scale});
    EXPECT_EQ((step == 1 ? without : with).run(), OCT_OK) << oct_last_error();
    const std::vector<float> parameters = device.read(parameter), buffers = device.read(buffer);
    for (size_t i = 0, s = 0; i < exact.size(); ++i) {
      while (static_cast<int64_t>(i) >= ends[s]) ++s;
      sgd.decay = decays[s];
      exact[i].step(sgd, static_cast<double>(gradients[i]));
      sgd_step_as_torch(sgd, gradients[i], &torch[i], &velocity[i]);
      expect_near("buffer", i, exact[i].buffer, static_cast<double>(buffers[i]), exact[i].buffer_error);
      expect_near("parameter", i, exact[i].parameter, static_cast<double>(parameters[i]), exact[i].parameter_error);
    }
    if (!on_cpu()) {
      EXPECT_EQ(parameters, torch) << step;
      EXPECT_EQ(buffers, velocity) << step;
    }
    if (step != 1) {
      EXPECT_EQ(device.read(copy), rounded(OCT_BF16, parameters)) << step;
    }
    results.push_back(parameters);
    results.push_back(buffers);
  }
  return results;
}

TEST_P(Sgd, StepsMatchTheFormulaForAnyThreadCount) {
  std::vector<std::vector<int64_t>> lines = shapes("sgd", 2);
  lines.push_back({9000, 2000});  // segments of 4 and 5: many in a thread's piece
  for (const std::vector<int64_t>& line : lines) {
    for (const int64_t first : {0, 1}) {
      SCOPED_TRACE(text_of(line) + " from " + std::to_string(first));
      std::vector<std::vector<float>> before;
      for (const int32_t threads : thread_counts()) {
        const std::vector<std::vector<float>> results = expect_steps(line[0], line[1], GetParam(), {first, threads});
        if (!before.empty()) {
          EXPECT_TRUE(results == before) << threads << " threads";
        }
        before = results;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Nesterov, Sgd, testing::Bool());

/// Legal arguments of five parameters in three segments, of which each test breaks one.
class SgdArguments : public testing::Test {
 protected:
  oct_status run(const std::vector<int64_t>& ends, const std::vector<float>& decay, float rate = 0.1f, float scale = 1) {
    oct_sgd_step_args args = args_;
    args.segment_ends = device_.of_integers(OCT_I64, {static_cast<int64_t>(ends.size())}, ends);
    args.segment_decay = device_.of(OCT_F32, {static_cast<int64_t>(decay.size())}, decay);
    args.rates = device_.rates(rate, scale);
    const oct_status status = test::run(device_, args);
    text_ = status == OCT_OK ? "" : oct_last_error();
    // What was wrong was reported once.
    EXPECT_EQ(oct_context_synchronize(device_.context()), OCT_OK) << oct_last_error();
    return status;
  }
  void refuse(oct_status status, const std::string& part) {
    EXPECT_EQ(status, OCT_INVALID_ARGUMENT);
    EXPECT_NE(text_.find(part), std::string::npos) << "'" << text_ << "' does not contain '" << part << "'";
  }

  Device device_;
  std::string text_;
  oct_sgd_step_args args_{.parameter = device_.of(OCT_F32, {5}, {1, 2, 3, 4, 5}),
                          .gradient = device_.of(OCT_F32, {5}, {1, 1, 1, 1, 1}),
                          .buffer = device_.of(OCT_F32, {5}, {0, 0, 0, 0, 0}),
                          .parameter_bf16 = {},
                          .segment_ends = device_.of_integers<int64_t>(OCT_I64, {3}, {1, 2, 5}),
                          .segment_decay = device_.of(OCT_F32, {3}, {0, 0.1f, 0}),
                          .rates = device_.rates(0.1f, 1),
                          .momentum = 0.9f,
                          .nesterov = 1};
};

TEST_F(SgdArguments, EmptySegmentsAreAllowed) {
  args_.momentum = 0;
  args_.nesterov = 0;
  ASSERT_EQ(run({0, 2, 2, 5}, {9, 0, 9, 1}, 0.5f), OCT_OK) << text_;
  EXPECT_EQ(device_.read(args_.parameter), (std::vector<float>{0.5f, 1.5f, 1, 1.5f, 2}));
}

TEST_F(SgdArguments, BrokenSegmentsAreReported) {
  const std::vector<std::pair<std::vector<int64_t>, std::string>> cases{{{2, 1, 5}, "segment_ends[1] is 1, but must be at least"},
                                                                        {{1, 2, 4}, "the last of segment_ends is 4, but must be"},
                                                                        {{1, 2, 6}, "the last of segment_ends is 6, but must be"},
                                                                        {{-1, 2, 5}, "segment_ends[0] is -1, but must be at least"},
                                                                        {{1LL << 62, 3, 5}, "segment_ends[1] is 3, but must be at least"}};
  for (const auto& [ends, text] : cases) refuse(run(ends, {0, 0, 0}), on_cpu() ? text : "segment_ends");
}

TEST_F(SgdArguments, ADecayThatIsNegativeOrNotFiniteIsReported) {
  refuse(run({1, 2, 5}, {0, -0.5f, 0}), "segment_decay[1] is -0.5, but must be finite and >= 0");
  refuse(run({1, 2, 5}, {0, INFINITY, 0}), "segment_decay[1] is inf, but");
  refuse(run({1, 2, 5}, {0, NAN, 0}), "segment_decay[1] is nan, but");
}

TEST_F(SgdArguments, RatesThatBreakTheirRuleAreReported) {
  refuse(run({1, 2, 5}, {0, 0, 0}, NAN), "learning_rate is nan");
  refuse(run({1, 2, 5}, {0, 0, 0}, -1), "learning_rate is -1");
  refuse(run({1, 2, 5}, {0, 0, 0}, 0.1f, INFINITY), "gradient_scale is inf");
}

TEST_F(SgdArguments, RefusedOnesChangeNothing) {
  const std::vector<float> before = device_.read(args_.parameter);
  oct_sgd_step_args args = args_;
  args.momentum = 1;
  expect_invalid(bind(device_, args), {"sgd_step", "momentum is 1", "[0,1)"});
  args = args_;
  args.segment_decay = device_.empty(OCT_F32, {2});
  expect_invalid(bind(device_, args), {"segment_decay has the shape [2]"});
  args = args_;
  args.rates = device_.empty(OCT_F32, {3});
  expect_invalid(bind(device_, args), {"rates has the shape [3]"});
  args = args_;
  args.gradient = args.parameter;
  expect_invalid(bind(device_, args), {"gradient", "overlaps", "parameter"});
  args = args_;
  args.parameter_bf16 = args.gradient;
  expect_invalid(bind(device_, args), {"parameter_bf16 is f32"});
  // A GPU sees what is wrong in its memory only while it computes.
  if (on_cpu()) refuse(run({1, 2, 6}, {0, 0, 0}), "segment_ends");
  EXPECT_EQ(device_.read(args_.parameter), before);
}

}  // namespace
}  // namespace oct::test
