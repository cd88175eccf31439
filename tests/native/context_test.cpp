// Contexts, memory, last error and the choice of the instruction set.
#include <cstdlib>
#include <string>
#include <thread>

#include "octothorpe/relu.h"
#include "support.h"

namespace {

using test::Context;
using test::expect_refused;

TEST(Context, VersionIsThreeNumbers) {
  int major = -1, minor = -1, patch = -1;
  EXPECT_EQ(3, sscanf(oct_version(), "%d.%d.%d", &major, &minor, &patch)) << oct_version();
}

TEST(Context, RefusesImpossibleThreadCounts) {
  oct_context* context = nullptr;
  expect_refused(OCT_INVALID_ARGUMENT, oct_context_create(oct_cpu_device(), 0, -1, &context), {"threads", "-1", "[0,1024]"});
  expect_refused(OCT_INVALID_ARGUMENT, oct_context_create(oct_cpu_device(), 0, 1025, &context), {"threads", "1025"});
  expect_refused(OCT_INVALID_ARGUMENT, oct_context_create(nullptr, 0, 1, &context), {"device table", "null"});
  expect_refused(OCT_INVALID_ARGUMENT, oct_context_create(oct_cpu_device(), 0, 1, nullptr), {"null"});
  EXPECT_EQ(nullptr, context);
}

TEST(Context, ThreadsDefaultToTheProcessors) {
  EXPECT_GE(oct_context_threads(Context(0)), 1);
  EXPECT_EQ(3, oct_context_threads(Context(3)));
  EXPECT_EQ(0, oct_context_threads(nullptr));
}

TEST(Context, DestroyAndFreeTakeNull) {
  EXPECT_EQ(OCT_OK, oct_context_destroy(nullptr));
  EXPECT_EQ(OCT_OK, oct_free(Context(1), nullptr));
}

TEST(Context, MemoryIsAlignedCountedAndGivenBack) {
  Context context(1);
  const int64_t bytes_before = oct_allocated_bytes(), count_before = oct_allocation_count();
  for (const size_t bytes : {size_t{1}, size_t{100}, (size_t{4} << 20) + 1}) {
    void* data = nullptr;
    ASSERT_EQ(OCT_OK, oct_allocate(context, bytes, &data)) << oct_last_error();
    EXPECT_EQ(0u, reinterpret_cast<uintptr_t>(data) % 64);
    EXPECT_GE(oct_allocated_bytes(), bytes_before + static_cast<int64_t>(bytes));
    ASSERT_EQ(OCT_OK, oct_zero(context, data, bytes));
    EXPECT_EQ(0, static_cast<unsigned char*>(data)[bytes - 1]);
    ASSERT_EQ(OCT_OK, oct_free(context, data));
  }
  EXPECT_EQ(bytes_before, oct_allocated_bytes());
  EXPECT_EQ(count_before + 3, oct_allocation_count());
  void* data = nullptr;
  expect_refused(OCT_INVALID_ARGUMENT, oct_allocate(context, 0, &data), {"bytes is 0"});
  expect_refused(OCT_OUT_OF_MEMORY, oct_allocate(context, SIZE_MAX / 2, &data), {"no memory"});
  EXPECT_EQ(count_before + 3, oct_allocation_count());
}

TEST(Context, CopiesBothWays) {
  Context context(1);
  void* device = nullptr;
  ASSERT_EQ(OCT_OK, oct_allocate(context, 8, &device));
  uint64_t out = 0x0123456789abcdefu, back = 0;
  EXPECT_EQ(OCT_OK, oct_copy_to_device(context, device, &out, 8));
  EXPECT_EQ(OCT_OK, oct_copy_to_host(context, &back, device, 8));
  EXPECT_EQ(out, back);
  expect_refused(OCT_INVALID_ARGUMENT, oct_copy_to_device(context, nullptr, &out, 8), {"copy_to_device", "null"});
  expect_refused(OCT_INVALID_ARGUMENT, oct_copy_to_host(context, nullptr, device, 8), {"copy_to_host", "null"});
  EXPECT_EQ(OCT_OK, oct_free(context, device));
}

TEST(Context, LastErrorBelongsToItsThread) {
  Context context(1);
  const oct_relu_forward_args none{};
  oct_call* call = nullptr;
  expect_refused(OCT_INVALID_ARGUMENT, oct_relu_forward_prepare(context, &none, &call), {"relu_forward", "x is missing"});
  const std::string mine = oct_last_error();
  std::thread([] {
    EXPECT_STREQ("", oct_last_error());
    oct_set_calling_thread_parallelism(0);
    EXPECT_NE(nullptr, strstr(oct_last_error(), "parallelism"));
  }).join();
  EXPECT_EQ(mine, oct_last_error());
}

TEST(Isa, OverrideIsFollowedOrExplained) {
  const char* wanted = getenv("OCTOTHORPE_ISA");
  const std::string isa = oct_cpu_isa(), warning = oct_cpu_isa_warning();
  EXPECT_TRUE(isa == "x86-64-v2" || isa == "x86-64-v3" || isa == "x86-64-v4" || isa == "x86-64-v4+bf16") << isa;
  if (wanted == nullptr || *wanted == 0 || isa == wanted) {
    EXPECT_EQ("", warning);
  } else {
    EXPECT_NE(std::string::npos, warning.find(wanted)) << warning;
    EXPECT_NE(std::string::npos, warning.find("does not run")) << warning;
    GTEST_SKIP() << warning;
  }
}

// The table is chosen once a process, so the unknown name is tried in a child.
TEST(Isa, UnknownNameIsAWarning) {
  const auto child = [] {
    setenv("OCTOTHORPE_ISA", "x86-64-v9", 1);
    fprintf(stderr, "%s on %s", oct_cpu_isa_warning(), oct_cpu_isa());
    _exit(0);
  };
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_EXIT(child(), testing::ExitedWithCode(0), "'x86-64-v9', which is unknown; allowed: .* on x86-64-v");
}

}  // namespace
