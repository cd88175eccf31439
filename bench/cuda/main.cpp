// The driver of a machine with a GPU: see octo_bench --help.
#include <memory>

#include "sections.h"

namespace {

using oct::bench::Device;
using oct::bench::Failure;
using oct::bench::Options;

// The named device, or the first GPU if it can be opened, or the emulator.
std::unique_ptr<Device> open_device(const Options& options) {
  if (!options.device.empty()) return std::make_unique<Device>(options.device);
  try {
    return std::make_unique<Device>("cuda:0");
  } catch (const Failure& failure) {
    printf("device: no GPU (%s), so the emulator\n", failure.what());
    return std::make_unique<Device>("emulated");
  }
}

int run(int count, char** arguments) {
  const Options options = oct::bench::read_options(count, arguments);
  oct::bench::Counts counts;
  if (options.section == "list") {
    oct::bench::list_tasks(options, &counts);
  } else if (options.section == "table") {
    oct::bench::table(options, &counts);
  } else if (options.section == "sanitize") {
    oct::bench::sanitize(options, arguments[0], &counts);
  } else if (options.section == "check" || options.section == "time" || options.section == "vectors") {
    const std::unique_ptr<Device> device = open_device(options);
    const auto machine = device->machine();
    printf("device: %s (%s, compute capability %d.%d, %d multiprocessors, %zu KiB of L2), %s\n", device->name().c_str(), machine.name,
           machine.compute_capability / 10, machine.compute_capability % 10, machine.multiprocessors, machine.l2_bytes >> 10,
           device->emulated() ? "emulated: its times are not a speed" : "CPU reference beside it");
    if (options.section == "check") oct::bench::check(*device, options, &counts);
    if (options.section == "time") oct::bench::time_tasks(*device, options, &counts);
    if (options.section == "vectors") oct::bench::vectors(*device, options, &counts);
  } else {
    fprintf(stderr, "octo_bench: --section is '%s', but must be vectors, check, sanitize, time, list or table; --help tells more\n",
            options.section.c_str());
    return 2;
  }
  return counts.finish();
}

}  // namespace

int main(int count, char** arguments) {
  setvbuf(stdout, nullptr, _IOLBF, 0);  // a log says what ran when the process is ended
  try {
    return run(count, arguments);
  } catch (const std::exception& failure) {
    fprintf(stderr, "octo_bench: %s\n", failure.what());
    printf("0 passed, 1 failed, 0 skipped\n");
    return 1;
  }
}
