// Faults for smoke.sh, loaded before octo_bench (LD_PRELOAD): what a GPU does wrong and an emulator never does.
//   OCT_FAULT=once:N  the Nth allocation fails; from:N  it and all that follow; hang:N  it never returns; probe:WRAPPER  its probes never
//   return
#include <dlfcn.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "octothorpe/context.h"
#include "probe.h"

namespace {

std::string kind;
std::string place;

// Before main: the variable says which.
const bool known = [] {
  const char* fault = std::getenv("OCT_FAULT");
  const std::string text = fault != nullptr ? fault : ":";
  kind = text.substr(0, text.find(':'));
  place = text.substr(text.find(':') + 1);
  return true;
}();

template <class F>
F next(const char* name) {
  return reinterpret_cast<F>(dlsym(RTLD_NEXT, name));
}

std::string hang(int, const oct::probes::Words&, oct::probes::Words*) {
  while (true) pause();
}

const std::vector<oct::probes::Probe>& faulty_probes() {
  static const std::vector<oct::probes::Probe> all = [] {
    auto probes = next<const oct::probes::Library* (*)()>("octo_probes_emulated")()->probes();
    for (oct::probes::Probe& probe : probes) {
      if (probe.wrapper == place) probe.run = hang;
    }
    return probes;
  }();
  return all;
}

}  // namespace

extern "C" oct_status oct_allocate(oct_context* context, size_t bytes, void** data) {
  static int count = 0;
  ++count;
  const int which = std::atoi(place.c_str());
  if ((kind == "once" && count == which) || (kind == "from" && count >= which)) return OCT_OUT_OF_MEMORY;
  while (kind == "hang" && count == which) pause();
  return next<oct_status (*)(oct_context*, size_t, void**)>("oct_allocate")(context, bytes, data);
}

extern "C" const oct::probes::Library* octo_probes_emulated() {
  const oct::probes::Library* real = next<const oct::probes::Library* (*)()>("octo_probes_emulated")();
  if (kind != "probe") return real;
  static oct::probes::Library faulty = *real;
  faulty.probes = faulty_probes;
  return &faulty;
}
