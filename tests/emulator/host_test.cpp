// The emulated device's host side: memory, launches that are refused or ended, and what a process sees over its life.
#include <gtest/gtest.h>

#include <cstdio>
#include <thread>

#include "host_kernels.h"
#include "planted.h"

namespace {

std::vector<emu::Finding> findings() { return emu::report().findings; }

class Host : public testing::Test {
 protected:
  void SetUp() override {
    emu::options() = emu::Options();
    emu::reset();
  }
};

TEST_F(Host, FreesTwice) {
  void* data = emu::allocate(100);
  EXPECT_EQ("", emu::free(data));
  EXPECT_NE("", emu::free(data));
  ASSERT_EQ(1u, findings().size());
  EXPECT_EQ(emu::Kind::bad_free, findings()[0].kind);
  EXPECT_NE(std::string::npos, findings()[0].text.find("freed already"));
}

TEST_F(Host, FreesTheMiddleOfAnAllocation) {
  auto* data = static_cast<char*>(emu::allocate(100));
  EXPECT_NE("", emu::free(data + 16));
  EXPECT_EQ("", emu::free(data));
  ASSERT_EQ(1u, findings().size());
  EXPECT_NE(std::string::npos, findings()[0].text.find("byte 16 of global memory of 100 bytes"));
}

TEST_F(Host, CopiesPastTheEnd) {
  char host[101] = {};
  void* data = emu::allocate(100);
  EXPECT_EQ("", emu::copy_in(data, host, 100));
  EXPECT_NE("", emu::copy_in(data, host, 101));
  EXPECT_NE("", emu::copy_out(host, data, 101));
  EXPECT_NE("", emu::set(data, 0, 101));
  EXPECT_EQ(3u, findings().size());
  EXPECT_EQ(emu::Kind::bad_copy, findings()[0].kind);
  emu::free(data);
}

TEST_F(Host, UninitializedMemoryIsPoisonAlsoAfterItWasUsed) {
  for (int i = 0; i < 3; ++i) {
    void* data = emu::allocate(64);
    uint8_t host[64];
    EXPECT_EQ("", emu::copy_out(host, data, 64));
    for (const uint8_t byte : host) EXPECT_EQ(0xff, byte);
    emu::set(data, 0, 64);
    emu::free(data);
  }
}

TEST_F(Host, CopiesWithinTakeWhatIsInitializedAlong) {
  planted::Buffer<float> half(32, false), whole(32, false), y(32);
  emu::set(half, 0, 64);
  EXPECT_EQ("", emu::copy_within(whole, half, 128));
  EXPECT_NE("", host_kernels::copy(whole, y, 32));
  ASSERT_EQ(1u, findings().size());
  EXPECT_EQ(emu::Kind::uninitialized_read, findings()[0].kind);
  EXPECT_EQ(16u, findings()[0].count);
}

TEST_F(Host, HostCodeReadsDeviceMemory) {
  planted::Buffer<float> x(4);
  EXPECT_EQ(2.0f, host_kernels::read_on_host(x + 2));
  ASSERT_EQ(1u, findings().size());
  EXPECT_EQ(emu::Kind::device_memory_on_host, findings()[0].kind);
  EXPECT_NE(std::string::npos, findings()[0].here.file.find("host_kernels.cu"));
}

TEST_F(Host, RefusesLaunches) {
  planted::Buffer<float> x(32);
  EXPECT_NE(std::string::npos, host_kernels::anywhere(x, {dim3(1), dim3(1025), 0, 1}).find("1 to 1024"));
  EXPECT_NE(std::string::npos, host_kernels::anywhere(x, {dim3(0), dim3(32), 0, 1}).find("grid of 0x1x1"));
  EXPECT_NE(std::string::npos, host_kernels::anywhere(x, {dim3(1, 65536), dim3(32), 0, 1}).find("grid of 1x65536x1"));
  EXPECT_NE(std::string::npos, host_kernels::anywhere(x, {dim3(3), dim3(32), 0, 2}).find("clusters of 2"));
  EXPECT_NE(std::string::npos, host_kernels::anywhere(x, {dim3(34), dim3(32), 0, 17}).find("cluster of 17"));
  EXPECT_NE(std::string::npos, host_kernels::anywhere(x, {dim3(1), dim3(32), 232449, 1}).find("232449 bytes of dynamic shared memory"));
  EXPECT_EQ("", host_kernels::anywhere(x, {dim3(1), dim3(32), 232448, 1}));
  EXPECT_TRUE(findings().empty());
}

TEST_F(Host, AKernelThatIsEndedLeavesTheDeviceUsable) {
  planted::Buffer<float> x(64), y(64);
  for (int i = 0; i < 20; ++i) {
    EXPECT_NE(std::string::npos, host_kernels::deadlock(y).find("was ended: it deadlocked"));
    EXPECT_EQ("", host_kernels::copy(x, y, 64));
  }
  EXPECT_EQ(x.values(), y.values());
}

TEST_F(Host, FindingsFailTheirLaunchUnlessToldOtherwise) {
  planted::Buffer<float> x(31), y(32);
  const std::string failure = host_kernels::copy(x, y, 32);
  EXPECT_NE(std::string::npos, failure.find("out of bounds in copy: read of 4 bytes"));
  EXPECT_NE(std::string::npos, failure.find("host_kernels.cu:"));
  EXPECT_NE(std::string::npos, failure.find("block 0,0,0 thread 31,0,0"));
  emu::options().fail_on_findings = false;
  EXPECT_EQ("", host_kernels::copy(x, y, 32));
  ASSERT_EQ(1u, findings().size());
  EXPECT_EQ(2u, findings()[0].count);
}

TEST_F(Host, AFailureNamesBothSidesOfAReadThatCameTooEarly) {
  planted::Buffer<float> y(32);
  emu::options().order = emu::Order::forward;
  const std::string why = host_kernels::neighbors(y);
  ASSERT_LE(2u, findings().size());
  EXPECT_EQ(emu::Kind::uninitialized_read, findings()[0].kind);
  EXPECT_NE(std::string::npos, why.find("race in neighbors")) << why;
  EXPECT_NE(std::string::npos, why.find("against the ")) << why;
}

TEST_F(Host, CheckOffFindsNothing) {
  emu::options().check = false;
  planted::Buffer<float> x(31), y(32);
  EXPECT_EQ("", host_kernels::copy(x, y, 32));
  EXPECT_TRUE(findings().empty());
}

TEST_F(Host, OneScheduleASeed) {
  planted::Buffer<float> y(64);
  const auto switches = [&](uint64_t seed) {
    emu::options().seed = seed;
    emu::reset();
    host_kernels::shuffles(y);
    std::vector<float> order = y.values();
    return order;
  };
  EXPECT_EQ(switches(5), switches(5));
  EXPECT_NE(switches(5), switches(6));
}

long resident_kilobytes() {
  long pages = 0;
  if (FILE* file = std::fopen("/proc/self/statm", "r")) {
    long total = 0;
    if (std::fscanf(file, "%ld %ld", &total, &pages) != 2) pages = 0;
    std::fclose(file);
  }
  return pages * 4;
}

// 300 steps of a training loop that allocates 3 MB a step: 900 MB in all.
TEST_F(Host, FreedMemoryIsUsedAgain) {
  long before = 0;
  for (int i = 0; i < 300; ++i) {
    planted::Buffer<float> x(1 << 18, false), y(1 << 19, false);
    emu::set(x, 0, 4096);
    EXPECT_EQ("", host_kernels::copy(x, y, 1024));
    if (i == 100) before = resident_kilobytes();
  }
  EXPECT_LT(resident_kilobytes() - before, 64 << 10);
  EXPECT_EQ(0u, emu::allocated_bytes());
}

TEST_F(Host, SeveralThreadsLaunch) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([] {
      for (int run = 0; run < 25; ++run) {
        planted::Buffer<float> x(64), y(64, false);
        EXPECT_EQ("", host_kernels::copy(x, y, 64));
        EXPECT_EQ(x.values(), y.values());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_TRUE(findings().empty());
}

TEST_F(Host, TensorMapsObeyTheRules) {
  planted::Buffer<float> x(1024);
  alignas(64) char map[128];
  const uint64_t extents[] = {32, 32};
  const uint64_t strides[] = {128}, odd_strides[] = {120};
  const uint32_t box[] = {32, 8}, large[] = {32, 257}, odd[] = {3, 8}, wide[] = {64, 8};
  EXPECT_EQ("", emu::encode_tensor_map(map, x, 4, 2, extents, strides, box, 3));
  EXPECT_NE("", emu::encode_tensor_map(map, x, 4, 6, extents, strides, box, 3));
  EXPECT_NE("", emu::encode_tensor_map(map, x, 4, 2, extents, odd_strides, box, 3));
  EXPECT_NE("", emu::encode_tensor_map(map, x, 4, 2, extents, strides, large, 3));
  EXPECT_NE("", emu::encode_tensor_map(map, x, 4, 2, extents, strides, odd, 3));
  EXPECT_NE("", emu::encode_tensor_map(map, x, 4, 2, extents, strides, wide, 3));
  EXPECT_NE("", emu::encode_tensor_map(map, x + 1, 4, 2, extents, strides, box, 3));
  EXPECT_NE("", emu::encode_tensor_map(map, map, 4, 2, extents, strides, box, 3));
}

TEST_F(Host, NumbersConvertAsOnTheDevice) {
  EXPECT_EQ(0x3f80, emu::to_bf16(1.0f).value);
  EXPECT_EQ(0x3f80, emu::to_bf16(1.00390625f).value);  // a tie: to even
  EXPECT_EQ(0x3f82, emu::to_bf16(1.01171875f).value);  // a tie: to even, upwards
  EXPECT_EQ(0x7fff, emu::to_bf16(NAN).value);
  EXPECT_EQ(0x7f80, emu::to_bf16(INFINITY).value);
  EXPECT_EQ(0x3c00, emu::to_f16(1.0f).value);
  EXPECT_EQ(0x7c00, emu::to_f16(65520.0f).value);
  EXPECT_EQ(0x7bff, emu::to_f16(65519.0f).value);
  EXPECT_EQ(0x0001, emu::to_f16(0x1p-24f).value);
  EXPECT_EQ(0x0000, emu::to_f16(0x1p-25f).value);
  EXPECT_EQ(0x8002, emu::to_f16(-0x1.8p-24f).value);
  for (uint32_t i = 0; i < 0x10000; ++i) {
    const auto x = static_cast<uint16_t>(i);
    const float f = emu::to_float(emu::f16{x});
    if (f == f) {
      EXPECT_EQ(x, emu::to_f16(f).value);
    }
    const float b = emu::to_float(emu::bf16{x});
    if (b == b) {
      EXPECT_EQ(x, emu::to_bf16(b).value);
    }
  }
  EXPECT_EQ(0x3f802000u, emu::to_tf32(1.00048828125f));  // a tie: away from zero
}

}  // namespace

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
