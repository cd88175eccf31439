// The host API behind its mutex, and the environment.
#include "host.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <new>
#include <string_view>

#include "allocations.h"
#include "findings.h"
#include "instructions.h"
#include "launch.h"
#include "memory.h"

namespace emu {
namespace {

std::mutex mutex;

// Lets one thread at a time in.
struct Entry {
  const std::lock_guard<std::mutex> lock{mutex};
  const WithinEmulator within;
};

std::string environment_problem;  // a variable that says nothing known; launches fail with it

template <class T>
void choose(const char* variable, T& option, std::initializer_list<std::pair<const char*, T>> choices) {
  const char* value = std::getenv(variable);
  if (value == nullptr) return;
  std::string allowed;
  for (const auto& [name, choice] : choices) {
    if (std::strcmp(value, name) == 0) {
      option = choice;
      return;
    }
    allowed += (allowed.empty() ? "" : ", ") + std::string(name);
  }
  environment_problem = std::string(variable) + " is \"" + value + "\", but must be one of " + allowed;
}

void choose_number(const char* variable, double& option, double most) {
  const char* value = std::getenv(variable);
  if (value == nullptr) return;
  char* end = nullptr;
  const double number = std::strtod(value, &end);
  if (end == value || *end != 0 || !(number >= 0 && number <= most)) {
    environment_problem = std::string(variable) + " is \"" + value + "\", but must be a number in [0," + (most == 1 ? "1]" : "1e9]");
  } else {
    option = number;
  }
}

Options from_environment() {
  Options options;
  choose<Order>("OCTOTHORPE_EMULATOR_ORDER", options.order,
                {{"forward", Order::forward}, {"reverse", Order::reverse}, {"random", Order::random}, {"priority", Order::priority}});
  choose<Landing>("OCTOTHORPE_EMULATOR_ASYNC", options.landing,
                  {{"late", Landing::late}, {"early", Landing::early}, {"random", Landing::random}});
  choose<bool>("OCTOTHORPE_EMULATOR_CHECK", options.check, {{"on", true}, {"off", false}});
  double seed = 1;
  choose_number("OCTOTHORPE_EMULATOR_SEED", seed, 1e9);
  options.seed = static_cast<uint64_t>(seed);
  choose_number("OCTOTHORPE_EMULATOR_PREEMPT", options.preempt, 1);
  choose_number("OCTOTHORPE_EMULATOR_SECONDS", options.seconds, 1e9);
  return options;
}

std::string bad_copy(const char* what, const void* data, size_t bytes) {
  const std::string text = std::string(what) + " of " + std::to_string(bytes) + " bytes, " + whereabouts(data);
  add_finding({Kind::bad_copy, nullptr}, text);
  resolve_findings();
  return text;
}

}  // namespace

Options settings = from_environment();

Stream* stream_create() {
  const WithinEmulator within;
  return new Stream;
}
void stream_destroy(Stream* stream) { delete stream; }

Options& options() { return settings; }

Report report() {
  const Entry entry;
  resolve_findings();
  return current_report();
}

void reset() {
  const Entry entry;
  clear_findings();
}

void* allocate(size_t bytes) {
  const Entry entry;
  try {
    return allocate_global(bytes);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

std::string free(void* data) {
  const Entry entry;
  return free_global(data);
}

std::string copy_in(void* device, const void* host, size_t bytes) {
  const Entry entry;
  if (bytes == 0) return "";
  if (!is_global(device) || !is_memory(device, bytes)) return bad_copy("copy_in", device, bytes);
  std::memcpy(device, host, bytes);
  set_initialized(device, bytes);
  return "";
}

std::string copy_out(void* host, const void* device, size_t bytes) {
  const Entry entry;
  if (bytes == 0) return "";
  if (!is_global(device) || !is_memory(device, bytes)) return bad_copy("copy_out", device, bytes);
  std::memcpy(host, device, bytes);
  return "";
}

std::string copy_within(void* to, const void* from, size_t bytes) {
  const Entry entry;
  if (bytes == 0) return "";
  if (!is_global(from) || !is_memory(from, bytes)) return bad_copy("copy_within", from, bytes);
  if (!is_global(to) || !is_memory(to, bytes)) return bad_copy("copy_within", to, bytes);
  std::memmove(to, from, bytes);
  copy_initialized(to, from, bytes);
  return "";
}

std::string set(void* device, int value, size_t bytes) {
  const Entry entry;
  if (bytes == 0) return "";
  if (!is_global(device) || !is_memory(device, bytes)) return bad_copy("set", device, bytes);
  std::memset(device, value, bytes);
  set_initialized(device, bytes);
  return "";
}

size_t allocated_bytes() {
  const Entry entry;
  return live_global_bytes();
}

std::string run_launch(const LaunchRequest& request) {
  const Entry entry;
  if (!environment_problem.empty()) return environment_problem;
  try {
    return launch_kernel(request);
  } catch (const std::bad_alloc&) {
    return std::string("kernel ") + request.name +
           ": the emulator reserves 600 GB of addresses, and the system (ulimit -v, "
           "vm.overcommit_memory = 2) gives it none";
  }
}

}  // namespace emu
