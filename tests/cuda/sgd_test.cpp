#include "octothorpe/sgd.h"

#include "support.h"

namespace {

using namespace oct::test;

// One parameter's step with torch's roundings.
void step_one(const oct_sgd& sgd, float decay, float gradient, float* parameter, float* buffer) {
  const float g = std::fmaf(decay, *parameter, sgd.gradient_scale * gradient);
  const volatile float product = sgd.momentum * *buffer;  // rounded, not fused with the sum
  *buffer = sgd.first != 0 ? g : product + g;
  const float direction = sgd.nesterov != 0 ? std::fmaf(sgd.momentum, *buffer, g) : *buffer;
  *parameter = std::fmaf(-sgd.learning_rate, direction, *parameter);
}

class Sgd : public testing::TestWithParam<int32_t> {};

TEST_P(Sgd, StepsAreTorchsBitByBit) {
  std::vector<std::vector<int64_t>> lines = shapes("sgd", "test");
  lines.push_back({9000, 2000});  // segments of 4 and 5: many in a thread's piece
  for (const std::vector<int64_t>& line : lines) {
    for (const int64_t first : {0, 1}) {  // where the arrays begin: 1 is not 16-byte aligned
      SCOPED_TRACE(testing::Message() << line[0] << " in " << line[1] << " from " << first);
      EmulatedDevice on;
      const int64_t n = line[0], segments = line[1];
      std::vector<int64_t> ends;
      std::vector<float> decays;
      for (int64_t s = 0; s < segments; ++s) {
        ends.push_back(n * (s + 1) / segments);
        decays.push_back(0.05f * static_cast<float>(s % 3));
      }
      const auto view = [&](oct_tensor tensor) {
        tensor.data = static_cast<char*>(tensor.data) + static_cast<size_t>(first) * bytes_of(tensor.dtype);
        tensor.shape[0] = n;
        return tensor;
      };
      std::vector<float> exact = random_values(n, 1), velocity(exact.size());
      const oct_tensor parameter = view(on.empty(OCT_F32, {n + first})), buffer = view(on.empty(OCT_F32, {n + first}));
      const oct_tensor gradient = view(on.empty(OCT_F32, {n + first})), copy = view(on.empty(OCT_BF16, {n + first}));
      const oct_tensor end = on.of_integers(OCT_I64, {segments}, ends), decay = on.of(OCT_F32, {segments}, decays);
      on.write(parameter, exact);
      for (int step = 0; step < 3; ++step) {
        const oct_sgd sgd{0.1f / static_cast<float>(1 + step), 0.9f, GetParam(), step == 0, 0.25f};
        const std::vector<float> gradients = random_values(n, static_cast<uint64_t>(10 + step));
        on.write(gradient, gradients);
        ASSERT_EQ(oct_sgd_step(on.context(), &sgd, &parameter, &gradient, &buffer, step == 1 ? nullptr : &copy, &end, &decay), OCT_OK)
            << oct_last_error();
        for (size_t i = 0, s = 0; i < exact.size(); ++i) {
          while (static_cast<int64_t>(i) >= ends[s]) ++s;
          step_one(sgd, decays[s], gradients[i], &exact[i], &velocity[i]);
        }
        EXPECT_EQ(on.read(parameter), exact) << step;
        EXPECT_EQ(on.read(buffer), velocity) << step;
        if (step != 1) {
          EXPECT_EQ(on.read(copy), rounded(OCT_BF16, exact)) << step;
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Nesterov, Sgd, testing::Values(0, 1));

TEST(SgdTakes, EmptySegments) {
  EmulatedDevice on;
  const oct_sgd sgd{1, 0, 0, 1, 1};
  const oct_tensor p = on.of(OCT_F32, {3}, {1, 2, 3}), g = on.of(OCT_F32, {3}, {1, 1, 1}), b = on.empty(OCT_F32, {3});
  const oct_tensor ends = on.of_integers<int64_t>(OCT_I64, {4}, {0, 2, 2, 3}), decay = on.of(OCT_F32, {4}, {9, 0, 9, 1});
  ASSERT_EQ(oct_sgd_step(on.context(), &sgd, &p, &g, &b, nullptr, &ends, &decay), OCT_OK) << oct_last_error();
  EXPECT_EQ(on.read(p), (std::vector<float>{0, 1, -1}));
}

TEST(SgdReports, BrokenSegments) {
  for (const std::vector<int64_t>& ends : {std::vector<int64_t>{2, 1, 5}, {1, 2, 4}, {1, 2, 6}, {-1, 2, 5}, {1LL << 62, 3, 5}}) {
    EmulatedDevice on;
    const oct_sgd sgd{0.1f, 0.9f, 1, 1, 1};
    const oct_tensor p = on.of(OCT_F32, {5}, random_values(5, 1)), g = on.of(OCT_F32, {5}, random_values(5, 2));
    const oct_tensor b = on.empty(OCT_F32, {5}), end = on.of_integers(OCT_I64, {3}, ends), decay = on.of(OCT_F32, {3}, {0, 0, 0});
    ASSERT_EQ(oct_sgd_step(on.context(), &sgd, &p, &g, &b, nullptr, &end, &decay), OCT_OK) << oct_last_error();
    EXPECT_EQ(oct_context_synchronize(on.context()), OCT_INVALID_ARGUMENT);
    EXPECT_NE(std::string(oct_last_error()).find("segment_ends"), std::string::npos) << oct_last_error();
    EXPECT_EQ(oct_context_synchronize(on.context()), OCT_OK) << oct_last_error();
  }
}

TEST(SgdReports, ADecayThatIsNegativeOrNotFinite) {
  const std::vector<std::pair<float, std::string>> cases{{-0.5f, "segment_decay[1] is -0.5, but must be finite and >= 0"},
                                                         {INFINITY, "segment_decay[1] is inf, but"},
                                                         {NAN, "segment_decay[1] is nan, but"}};
  for (const auto& [wrong, text] : cases) {
    EmulatedDevice on;
    const oct_sgd sgd{0.1f, 0.9f, 1, 1, 1};
    const oct_tensor p = on.of(OCT_F32, {5}, random_values(5, 1)), g = on.of(OCT_F32, {5}, random_values(5, 2));
    const oct_tensor b = on.empty(OCT_F32, {5}), end = on.of_integers<int64_t>(OCT_I64, {3}, {1, 2, 5});
    const oct_tensor decay = on.of(OCT_F32, {3}, {0, wrong, 0});
    ASSERT_EQ(oct_sgd_step(on.context(), &sgd, &p, &g, &b, nullptr, &end, &decay), OCT_OK) << oct_last_error();
    EXPECT_EQ(oct_context_synchronize(on.context()), OCT_INVALID_ARGUMENT);
    EXPECT_NE(std::string(oct_last_error()).find(text), std::string::npos) << oct_last_error();
    EXPECT_EQ(oct_context_synchronize(on.context()), OCT_OK) << oct_last_error();
  }
}

}  // namespace
