// What a probe library exports.
#include <cstdio>

#include "runtime/launches.h"
#include "stage.h"

namespace oct::probes {
namespace {

std::string describe(int ordinal, Machine* machine) {
  *machine = Machine{};
  gpu::Limits limits;
  const std::string problem = gpu::limits_of(ordinal, &limits);
  if (!problem.empty()) return problem;
  snprintf(machine->name, sizeof machine->name, "%s", limits.name);
  machine->compute_capability = limits.compute_capability;
  machine->multiprocessors = limits.multiprocessors;
  machine->l2_bytes = limits.l2_bytes;
  machine->wgmma = limits.wgmma;
#if !GPU_EMULATED
  cudaDriverGetVersion(&machine->driver);
  cudaRuntimeGetVersion(&machine->runtime);
#endif
  return "";
}

// By one thread: no guard of a static's first use (the emulator's build has no atomic loads to serve it).
const std::vector<Probe>& probes() {
  static std::vector<Probe>* all = nullptr;
  if (all == nullptr) {
    all = new std::vector<Probe>;
    add_products(all);
    add_matrices(all);
    add_copies(all);
    add_tensors(all);
    add_warp_groups(all);
    add_numbers(all);
    add_threads(all);
  }
  return *all;
}

std::string event_create(int ordinal, void** event) {
  gpu::Event made{};
  const std::string problem = gpu::event_create(ordinal, &made);
  *event = made;
  return problem;
}

std::string event_destroy(int ordinal, void* event) { return gpu::event_destroy(ordinal, static_cast<gpu::Event>(event)); }

std::string event_record(oct_context* context, void* event) {
  return gpu::event_record(static_cast<gpu::Event>(event), cuda::state(context).stream);
}

std::string event_elapsed(void* begin, void* end, float* milliseconds) {
  return gpu::event_elapsed(static_cast<gpu::Event>(begin), static_cast<gpu::Event>(end), milliseconds);
}

}  // namespace
}  // namespace oct::probes

#if GPU_EMULATED
extern "C" const oct::probes::Library* octo_probes_emulated() {
#else
extern "C" const oct::probes::Library* octo_probes_cuda() {
#endif
  using namespace oct::probes;
  static constexpr Library library = {GPU_EMULATED ? "emulated" : "cuda",
                                      describe,
                                      probes,
                                      event_create,
                                      event_destroy,
                                      event_record,
                                      event_elapsed,
                                      GPU_EMULATED ? nullptr : fill,
                                      GPU_EMULATED ? nullptr : copy,
                                      GPU_EMULATED ? nullptr : delay};
  return &library;
}
