// The contract suite on one device: contract_test --device=cpu|emulated|cuda:0 [--gtest_filter=...].
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "support/device.h"
#if OCT_WITH_EMULATED
#include "octothorpe/emulated.h"
#endif
#if OCT_WITH_CUDA
#include "octothorpe/cuda.h"
#endif

namespace {

using oct::test::Chosen;

constexpr int kSkipped = 77;  // ctest counts this exit code as a skip

// The table is null where this program is not linked with the device.
Chosen device_of(const std::string& name) {
  if (name == "cpu") return {oct_cpu_device(), 0};
#if OCT_WITH_EMULATED
  if (name == "emulated") return {oct_emulated_device(), 0};
#endif
#if OCT_WITH_CUDA
  if (name.rfind("cuda:", 0) == 0) return {oct_cuda_device(), std::atoi(name.c_str() + 5)};
#endif
  return {nullptr, 0};
}

// Suites whose names begin with Cpu or Cuda are about kernels of that kind alone.
void leave_out(const std::string& beginning) {
  std::string filter = GTEST_FLAG_GET(filter);
  filter += filter.find('-') == std::string::npos ? "-" : ":";
  GTEST_FLAG_SET(filter, filter + beginning + "*:*/" + beginning + "*");
}

// In the form in which GoogleTest says that a case is skipped.
int skip(const std::string& name, const char* reason) {
  printf("contract on %s: Skipped\n%s\n", name.c_str(), reason);
  return kSkipped;
}

}  // namespace

int main(int count, char** arguments) {
  testing::InitGoogleTest(&count, arguments);
  std::string name;
  for (int i = 1; i < count; ++i) {
    if (strncmp(arguments[i], "--device=", 9) == 0) name = arguments[i] + 9;
  }
  if (name != "cpu" && name != "emulated" && name.rfind("cuda:", 0) != 0) {
    fprintf(stderr, "contract_test: --device is '%s', but must be cpu, emulated or cuda:N\n", name.c_str());
    return 2;
  }
  const Chosen chosen = device_of(name);
  if (chosen.table == nullptr) return skip(name, ("the contract suite was built without the device " + name).c_str());
  // What this processor or machine cannot open is a skip that is counted, with the device's own reason.
  const char* warning = oct_cpu_isa_warning();
  if (name == "cpu" && strstr(warning, "does not run") != nullptr) return skip(name, warning);
  if (*warning != 0) {
    fprintf(stderr, "contract_test: %s\n", warning);
    return 2;
  }
  oct_context* context = nullptr;
  if (oct_context_create(chosen.table, chosen.ordinal, 1, &context) != OCT_OK) {
    if (name.rfind("cuda:", 0) == 0) return skip(name, oct_last_error());
    fprintf(stderr, "contract_test: %s\n", oct_last_error());
    return 1;
  }
  oct_context_destroy(context);
  oct::test::choose_device(name, chosen);
  leave_out(name == "cpu" ? "Cuda" : "Cpu");
  return RUN_ALL_TESTS();
}
