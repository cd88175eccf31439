// mbarriers: 8 bytes of shared memory that count arrivals and bytes. What they hold is kept beside the memory.
#pragma once
#include <cstdint>
#include <string>

#include "machine.h"

namespace emu {

struct Mbarrier {
  const char* address;
  uint32_t count;      // arrivals of a phase
  uint32_t pending;    // of this phase
  int64_t bytes = 0;   // announced and not yet reported; copies may be ahead of the announcement
  uint32_t phase = 0;  // phases that are complete
  Epoch init;
  Site init_site;
  uint32_t agent;
  Accumulator arriving;                   // clocks of this phase's arrivals
  ClockReference complete;                // of the last complete phase
  ClockReference memo_base, memo_result;  // the last join with `complete`: threads that wait together share clocks
  std::vector<Fiber*> waiting;
};

// Finds the barrier for the thread's `what`; null (and a finding): never initialized, or not seen to be.
Mbarrier* find_mbarrier(Fiber& fiber, const uint64_t* address, Site site, const char* what);
// A copy begins that will report to it: its initialization must be visible to the async proxy.
bool mbarrier_takes_copies(Fiber& fiber, const Mbarrier& barrier, Site site);
// A copy of that thread has landed; the epoch of its data.
Epoch landing_epoch(const Mbarrier& barrier, uint32_t issuer);
void complete_bytes(Mbarrier& barrier, uint32_t bytes);
uint32_t issuer_of_mbarrier_agent(uint32_t agent);
void forget_mbarriers();
std::string describe_state(const Mbarrier& barrier);

}  // namespace emu
