// Correct kernels over random shapes, orders, landings and seeds: right results and no finding.
#include "clean.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "planted.h"

namespace {

std::mt19937 generator(11);
int pick(int low, int high) { return std::uniform_int_distribution<int>(low, high)(generator); }
float real() { return std::uniform_real_distribution<float>(-1, 1)(generator); }

emu::bf16 rounded(float x, emu::bf16) { return emu::to_bf16(x); }
emu::f16 rounded(float x, emu::f16) { return emu::to_f16(x); }
float rounded(float x, float) { return x; }
float value(emu::bf16 x) { return emu::to_float(x); }
float value(emu::f16 x) { return emu::to_float(x); }
float value(float x) { return x; }

// Random numbers on the device, and on the host.
template <class T>
struct Tensor {
  std::vector<T> host;
  planted::Buffer<uint8_t> device;
  explicit Tensor(int count) : host(static_cast<size_t>(count)), device(host.size() * sizeof(T)) {
    for (T& x : host) x = rounded(real(), T{});
    emu::copy_in(data(), host.data(), host.size() * sizeof(T));
  }
  T* data() const { return reinterpret_cast<T*>(static_cast<uint8_t*>(device)); }
  std::vector<T> read() const {
    std::vector<T> result(host.size());
    emu::copy_out(result.data(), data(), result.size() * sizeof(T));
    return result;
  }
};

// Another schedule for every run.
void next_schedule() {
  static uint64_t seed = 0;
  ++seed;
  emu::options().seed = seed;
  emu::options().order = static_cast<emu::Order>(seed % 4);
  emu::options().landing = static_cast<emu::Landing>(seed / 4 % 3);
  emu::options().preempt = seed % 5 == 0 ? 0.01 : 0;
  emu::reset();
}

void expect_clean(const std::string& result) {
  EXPECT_EQ("", result);
  EXPECT_EQ("", emu::report().to_string());
}

// a's element (i,k) at i * ai + k * ak, and so on.
template <class T>
void expect_product(const Tensor<T>& a, int ai, int ak, const Tensor<T>& b, int bj, int bk, const Tensor<float>& c, clean::Problem p,
                    float input_error) {
  const std::vector<float> got = c.read();
  for (int i = 0; i < p.m; ++i) {
    for (int j = 0; j < p.n; ++j) {
      double sum = 0, magnitude = 0;
      for (int k = 0; k < p.k; ++k) {
        const double term =
            static_cast<double>(value(a.host[static_cast<size_t>(i * ai + k * ak)])) * value(b.host[static_cast<size_t>(j * bj + k * bk)]);
        sum += term;
        magnitude += std::fabs(term);
      }
      // k roundings of float, and those of the operands (tf32).
      const double tolerance = magnitude * (p.k * 0x1p-24 + 2 * static_cast<double>(input_error));
      ASSERT_NEAR(sum, got[static_cast<size_t>(i * p.n + j)], tolerance) << i << "," << j << " of " << p.m << "x" << p.n << "x" << p.k;
    }
  }
}

constexpr int runs = 12;

TEST(Clean, GemmByMma) {
  for (int run = 0; run < runs; ++run) {
    next_schedule();
    const clean::Problem p{pick(1, 130), 8 * pick(1, 15), 8 * pick(1, 15)};
    Tensor<emu::bf16> a(p.m * p.k), b(p.k * p.n);
    Tensor<float> c(p.m * p.n);
    expect_clean(clean::gemm_mma(a.data(), b.data(), c.data(), p));
    expect_product(a, p.k, 1, b, 1, p.n, c, p, 0);
  }
}

TEST(Clean, GemmOfF16) {
  for (int run = 0; run < runs; ++run) {
    next_schedule();
    const clean::Problem p{pick(1, 40), pick(1, 30), pick(1, 50)};
    Tensor<emu::f16> a(p.m * p.k), b(p.k * p.n);
    Tensor<float> c(p.m * p.n);
    expect_clean(clean::gemm_f16(a.data(), b.data(), c.data(), p));
    expect_product(a, p.k, 1, b, 1, p.n, c, p, 0);
  }
}

TEST(Clean, GemmOfTf32) {
  for (int run = 0; run < runs; ++run) {
    next_schedule();
    const clean::Problem p{pick(1, 40), pick(1, 30), pick(1, 50)};
    Tensor<float> a(p.m * p.k), b(p.k * p.n);
    Tensor<float> c(p.m * p.n);
    expect_clean(clean::gemm_tf32(a.data(), b.data(), c.data(), p));
    expect_product(a, p.k, 1, b, 1, p.n, c, p, 0x1p-11f);
  }
}

TEST(Clean, GemmByWgmmaThroughTensorMaps) {
  for (int run = 0; run < runs; ++run) {
    next_schedule();
    const auto swizzle = static_cast<gpu::Swizzle>(1 + run % 3);
    const clean::Problem p{pick(1, 130), pick(1, 130), (8 << (1 + run % 3)) * pick(1, 6)};
    Tensor<emu::bf16> a(p.m * p.k), b(p.n * p.k);
    Tensor<float> c(p.m * p.n);
    expect_clean(clean::gemm_wgmma(a.data(), b.data(), c.data(), p, swizzle));
    expect_product(a, p.k, 1, b, p.k, 1, c, p, 0);
  }
}

TEST(Clean, GemmByWgmmaTransposed) {
  for (int run = 0; run < runs; ++run) {
    next_schedule();
    const clean::Problem p{64 * pick(1, 2), 64 * pick(1, 2), 16 * pick(1, 5)};
    Tensor<emu::bf16> a(p.m * p.k), b(p.n * p.k);
    Tensor<float> c(p.m * p.n);
    expect_clean(clean::gemm_wgmma_transposed(a.data(), b.data(), c.data(), p));
    expect_product(a, 1, p.m, b, 1, p.n, c, p, 0);
  }
}

TEST(Clean, GemmByWgmmaFromRegisters) {
  for (int run = 0; run < runs; ++run) {
    next_schedule();
    const clean::Problem p{pick(1, 100), pick(1, 100), 16 * pick(1, 5)};
    Tensor<emu::bf16> a(p.m * p.k), b(p.n * p.k);
    Tensor<float> c(p.m * p.n);
    expect_clean(clean::gemm_wgmma_registers(a.data(), b.data(), c.data(), p));
    expect_product(a, p.k, 1, b, p.k, 1, c, p, 0);
  }
}

TEST(Clean, SoftmaxByClusters) {
  for (int run = 0; run < runs; ++run) {
    next_schedule();
    const int rows = pick(1, 3), columns = pick(1, 900);
    const unsigned cluster = 1u << pick(0, 4);
    Tensor<float> x(rows * columns), y(rows * columns);
    expect_clean(clean::softmax_cluster(x.data(), y.data(), rows, columns, cluster));
    const std::vector<float> got = y.read();
    for (int row = 0; row < rows; ++row) {
      double sum = 0;
      for (int i = 0; i < columns; ++i) sum += std::exp(static_cast<double>(x.host[static_cast<size_t>(row * columns + i)]));
      for (int i = 0; i < columns; ++i) {
        const auto at = static_cast<size_t>(row * columns + i);
        const double want = std::exp(static_cast<double>(x.host[at])) / sum;
        ASSERT_NEAR(want, got[at], want * 1e-5);
      }
    }
  }
}

TEST(Clean, Pipeline) {
  for (int run = 0; run < runs; ++run) {
    next_schedule();
    const int tiles = pick(1, 20);
    Tensor<float> x(tiles * 96), y(96);
    expect_clean(clean::pipeline(x.data(), y.data(), tiles));
    const std::vector<float> got = y.read();
    for (int i = 0; i < 96; ++i) {
      float want = 0;
      for (int tile = 0; tile < tiles; ++tile) want += x.host[static_cast<size_t>(tile * 96 + i)];
      ASSERT_EQ(want, got[static_cast<size_t>(i)]);
    }
  }
}

TEST(Clean, DoubleBytes) {
  for (int run = 0; run < runs; ++run) {
    next_schedule();
    const int n = pick(1, 700);
    planted::Buffer<uint8_t> x(static_cast<size_t>(n)), y(static_cast<size_t>(n), false);
    expect_clean(clean::double_bytes(x, y, n));
    const std::vector<uint8_t> from = x.values(), got = y.values();
    for (size_t i = 0; i < got.size(); ++i) ASSERT_EQ(static_cast<uint8_t>(2 * from[i]), got[i]);
  }
}

TEST(Clean, TotalByTheLastBlock) {
  for (int run = 0; run < runs; ++run) {
    next_schedule();
    const int n = pick(1, 3000);
    Tensor<float> x(n), y(1);
    planted::Buffer<float> partial(100, false);
    planted::Buffer<unsigned> count(1);
    expect_clean(clean::total(x.data(), partial, count, y.data(), n));
    double want = 0;
    for (const float v : x.host) want += static_cast<double>(v);
    EXPECT_NEAR(want, y.read()[0], n * 1e-6);
  }
}

TEST(Clean, BoxesThroughEverySwizzle) {
  for (int run = 0; run < runs; ++run) {
    next_schedule();
    const int rows = pick(1, 30), columns = pick(1, 70), pitch = (columns + 3) / 4 * 4;
    Tensor<float> x(rows * pitch), y(rows * pitch);
    expect_clean(clean::copy_boxes(x.data(), y.data(), rows, columns, static_cast<gpu::Swizzle>(run % 4)));
    const std::vector<float> got = y.read();
    for (int row = 0; row < rows; ++row) {
      for (int column = 0; column < pitch; ++column) {
        const auto at = static_cast<size_t>(row * pitch + column);
        ASSERT_EQ(column < columns ? x.host[at] : y.host[at], got[at]) << row << "," << column;
      }
    }
  }
}

// Where a tensor begins or ends within a word of the box.
TEST(Clean, BoxesThatEndWithinAWord) {
  for (int run = 0; run < 8 * runs; ++run) {
    next_schedule();
    const int element = 1 + run % 2, in_row = clean::odd_box_row_bytes / element;
    const int columns = pick(1, clean::odd_box_pitch / element), c0 = pick(1 - in_row, columns - 1);
    SCOPED_TRACE(testing::Message() << columns << " columns of " << element << " bytes from " << c0);
    constexpr size_t bytes = size_t{clean::odd_box_pitch} * (clean::odd_box_rows - 2);
    planted::Buffer<uint8_t> x(bytes), y(bytes);
    planted::Buffer<uint32_t> seen(clean::odd_box_words, false);
    expect_clean(clean::odd_boxes(x, y, seen, element, columns, c0));
    const std::vector<uint8_t> from = x.values(), to = y.values();
    std::vector<uint8_t> want_to = from;  // both began alike
    const std::vector<uint32_t> got = seen.values();
    for (int row = 0; row < clean::odd_box_rows; ++row) {
      for (int byte = 0; byte < clean::odd_box_row_bytes; ++byte) {
        const int column = c0 + byte / element;
        const bool inside = row >= 1 && row < clean::odd_box_rows - 1 && column >= 0 && column < columns;
        const auto at = static_cast<size_t>((row - 1) * clean::odd_box_pitch + c0 * element + byte);
        const auto place = static_cast<size_t>(row * clean::odd_box_row_bytes + byte);
        ASSERT_EQ(inside ? from[at] : 0, got[place / 4] >> place % 4 * 8 & 0xff) << row << "," << byte;
        if (inside) want_to[at] = static_cast<uint8_t>(~from[at]);
      }
    }
    EXPECT_EQ(want_to, to);
  }
}

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
