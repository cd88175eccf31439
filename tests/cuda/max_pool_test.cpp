#include "octothorpe/max_pool.h"

#include <limits>

#include "support.h"

namespace {

using namespace oct::test;

class MaxPool : public testing::TestWithParam<oct_dtype> {};

// Values are few, so ties are many; some are NaN, some -inf.
std::vector<float> input_of(int64_t count) {
  std::mt19937 random(1);
  std::vector<float> values(static_cast<size_t>(count));
  for (float& value : values) {
    const uint32_t draw = random() % 64;
    value = draw == 0   ? std::numeric_limits<float>::quiet_NaN()
            : draw < 16 ? -std::numeric_limits<float>::infinity()
                        : static_cast<float>(draw % 7) - 3;
  }
  return values;
}

TEST_P(MaxPool, FirstMaximumWinsAndGathersItsGradients) {
  for (const std::vector<int64_t>& line : shapes("max_pool", "test")) {
    for (const size_t unaligned : {size_t{0}, size_t{1}}) {
      SCOPED_TRACE(testing::Message() << line[0] << "x" << line[1] << "x" << line[2] << "x" << line[3] << ", kernel " << line[4]
                                      << ", unaligned " << unaligned);
      EmulatedDevice on;
      const oct_max_pool pool{line[4], line[5], line[6]};
      const int64_t height = line[1], width = line[2], channels = line[3];
      const int64_t rows = (height + 2 * pool.padding - pool.kernel) / pool.stride + 1;
      const int64_t columns = (width + 2 * pool.padding - pool.kernel) / pool.stride + 1;
      const int64_t count = line[0] * height * width * channels, pooled = line[0] * rows * columns * channels;
      const std::vector<float> input = input_of(count), gradient = rounded(GetParam(), random_values(pooled, 7));
      const auto tensor = [&](oct_dtype dtype, int64_t elements, int64_t h, int64_t w) {
        const oct_tensor memory = on.empty(dtype, {elements + 1});
        oct_tensor view = memory;
        view.rank = 4;
        const int64_t shape[4] = {line[0], h, w, channels};
        for (int axis = 3, stride = 1; axis >= 0; --axis) {
          view.shape[axis] = shape[axis];
          view.stride[axis] = stride;
          stride *= static_cast<int>(shape[axis]);
        }
        view.data = static_cast<char*>(memory.data) + unaligned * bytes_of(dtype);
        return view;
      };
      const oct_tensor x = tensor(GetParam(), count, height, width), y = tensor(GetParam(), pooled, rows, columns);
      const oct_tensor index = tensor(OCT_U8, pooled, rows, columns), dy = tensor(GetParam(), pooled, rows, columns);
      const oct_tensor dx = tensor(GetParam(), count, height, width), alone = tensor(GetParam(), pooled, rows, columns);
      on.write(x, input);
      on.write(dy, gradient);
      ASSERT_EQ(oct_max_pool_forward(on.context(), &pool, &x, &y, &index), OCT_OK) << oct_last_error();
      ASSERT_EQ(oct_max_pool_forward(on.context(), &pool, &x, &alone, nullptr), OCT_OK) << oct_last_error();
      ASSERT_EQ(oct_max_pool_backward(on.context(), &pool, &dy, &index, &dx), OCT_OK) << oct_last_error();
      EXPECT_EQ(on.read_bytes(y), on.read_bytes(alone));

      const std::vector<float> best = on.read(y), derivative = on.read(dx);
      const std::vector<uint8_t> places = on.read_bytes(index);
      std::vector<double> sums(input.size()), sizes(input.size());
      size_t to = 0;
      for (int64_t n = 0; n < line[0]; ++n) {
        for (int64_t p = 0; p < rows; ++p) {
          for (int64_t q = 0; q < columns; ++q) {
            for (int64_t c = 0; c < channels; ++c, ++to) {
              size_t winner = input.size();
              int64_t place_of_winner = 0;
              for (int64_t place = 0; place < pool.kernel * pool.kernel; ++place) {
                const int64_t h = p * pool.stride - pool.padding + place / pool.kernel;
                const int64_t w = q * pool.stride - pool.padding + place % pool.kernel;
                if (h < 0 || h >= height || w < 0 || w >= width) continue;
                const size_t from = static_cast<size_t>(((n * height + h) * width + w) * channels + c);
                if (winner == input.size() || (!std::isnan(input[winner]) && !(input[from] <= input[winner]))) {
                  winner = from;
                  place_of_winner = place;
                }
              }
              EXPECT_EQ(places[to], place_of_winner) << to;
              EXPECT_TRUE(best[to] == input[winner] || (std::isnan(best[to]) && std::isnan(input[winner]))) << to;
              sums[winner] += static_cast<double>(gradient[to]);
              sizes[winner] += std::fabs(static_cast<double>(gradient[to]));
            }
          }
        }
      }
      const double windows = static_cast<double>(pool.kernel * pool.kernel);  // at most so many terms, added in F32
      for (size_t i = 0; i < sums.size(); ++i) {
        expect_near("dx", i, sums[i], static_cast<double>(derivative[i]),
                    windows * 0x1p-24 * sizes[i] + rounding(GetParam()) * std::fabs(sums[i]));
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Types, MaxPool, testing::Values(OCT_F32, OCT_BF16));

}  // namespace
