// The CPU device: memory, and the choice of the instruction set's kernels. Compiled for the baseline instruction set only.
#include "device.h"

#include <malloc.h>
#include <sys/mman.h>

#include <atomic>
#include <cstdlib>
#include <cstring>

#include "../check.h"

namespace {

std::atomic<int64_t> allocated_bytes{0};

struct Isa {
  const char* name;
  bool (*runs)();
  void (*fill)(oct_device_table*);
};

bool runs_v2() { return __builtin_cpu_supports("sse4.2") && __builtin_cpu_supports("popcnt"); }
bool runs_v3() { return runs_v2() && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2"); }
bool runs_v4() {
  return runs_v3() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512cd");
}
bool runs_v4_bf16() { return runs_v4() && __builtin_cpu_supports("avx512bf16"); }

// Best first.
const Isa isas[] = {{"x86-64-v4+bf16", runs_v4_bf16, oct::cpu::v4_bf16::fill_table},
                    {"x86-64-v4", runs_v4, oct::cpu::v4::fill_table},
                    {"x86-64-v3", runs_v3, oct::cpu::v3::fill_table},
                    {"x86-64-v2", runs_v2, oct::cpu::v2::fill_table}};

oct_status open_context(oct_context*) { return OCT_OK; }
oct_status close_context(oct_context*) { return OCT_OK; }
oct_status synchronize(oct_context*) { return OCT_OK; }

oct_status allocate(oct_context*, size_t bytes, void** data) {
  // Huge pages from 4 MB on: the arena of a network is walked end to end every step, and 4 KB pages cost it TLB misses.
  const bool large = bytes >= size_t{4} << 20;
  const size_t alignment = large ? size_t{2} << 20 : 64;
  void* memory = nullptr;
  if (bytes > SIZE_MAX - alignment || posix_memalign(&memory, alignment, bytes) != 0) {
    return oct::fail(OCT_OUT_OF_MEMORY, "allocate: no memory for %zu bytes on the cpu", bytes);
  }
  if (large) madvise(memory, bytes, MADV_HUGEPAGE);  // advice: a kernel without huge pages may refuse it
  allocated_bytes.fetch_add(static_cast<int64_t>(malloc_usable_size(memory)), std::memory_order_relaxed);
  *data = memory;
  return OCT_OK;
}

oct_status free_memory(oct_context*, void* data) {
  allocated_bytes.fetch_sub(static_cast<int64_t>(malloc_usable_size(data)), std::memory_order_relaxed);
  free(data);
  return OCT_OK;
}

oct_status copy_to_device(oct_context*, void* device_data, const void* host_data, size_t bytes) {
  memmove(device_data, host_data, bytes);
  return OCT_OK;
}

oct_status copy_to_host(oct_context*, void* host_data, const void* device_data, size_t bytes) {
  memmove(host_data, device_data, bytes);
  return OCT_OK;
}

oct_status zero(oct_context*, void* data, size_t bytes) {
  memset(data, 0, bytes);
  return OCT_OK;
}

struct Device {
  oct_device_table table{};
  const char* isa = "none";
  char warning[256] = "";

  Device() {
    __builtin_cpu_init();
    table.name = "cpu";
    table.open = open_context;
    table.close = close_context;
    table.synchronize = synchronize;
    table.allocate = allocate;
    table.free = free_memory;
    table.copy_to_device = copy_to_device;
    table.copy_to_host = copy_to_host;
    table.zero = zero;
    const char* wanted = getenv("OCTOTHORPE_ISA");
    if (wanted != nullptr && *wanted != 0) {
      bool known = false;
      for (const Isa& candidate : isas) {
        if (strcmp(candidate.name, wanted) != 0) continue;
        known = true;
        if (candidate.runs()) {
          use(candidate);
          return;
        }
      }
      snprintf(warning, sizeof warning, "OCTOTHORPE_ISA is '%.64s', %s; allowed: x86-64-v2, x86-64-v3, x86-64-v4, x86-64-v4+bf16", wanted,
               known ? "which this processor does not run" : "which is unknown");
    }
    for (const Isa& candidate : isas) {
      if (candidate.runs()) {
        use(candidate);
        return;
      }
    }
  }

  void use(const Isa& chosen) {
    isa = chosen.name;
    chosen.fill(&table);
  }
};

const Device& device() {
  static const Device instance;
  return instance;
}

}  // namespace

extern "C" {
const oct_device_table* oct_cpu_device(void) { return &device().table; }
const char* oct_cpu_isa(void) { return device().isa; }
const char* oct_cpu_isa_warning(void) { return device().warning; }
int64_t oct_allocated_bytes(void) { return allocated_bytes.load(std::memory_order_relaxed); }
}
