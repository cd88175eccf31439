// Asynchronous reads under way: who began them, and what they still need unchanged.
#pragma once
#include <vector>

#include "findings.h"
#include "machine.h"

namespace emu {

struct Range {
  const char* begin;
  size_t bytes;
};

// Registered until it ends; returns its number.
uint64_t begin_flight(uint32_t thread, Site site, const char* what, std::vector<Range> ranges);
void end_flight(uint64_t number);
void forget_flights();
// A flight that still reads some of these bytes.
bool find_leaving(const char* address, size_t bytes, Conflict* other);

// The thread that began what an agent does (or a lane of the warp whose wgmma it is).
uint32_t issuer_of_agent(uint32_t agent);

// An access of the thread's stack: is it a register that wgmma uses?
void check_registers(Fiber& fiber, const char* address, size_t bytes, bool write, Site site);

}  // namespace emu
