#include "flights.h"

#include "mbarrier.h"
#include "readers.h"

namespace emu {
namespace {

struct Flight {
  uint64_t number;
  uint32_t thread;
  Site site;
  const char* what;
  std::vector<Range> ranges;
};
std::vector<Flight> flights;
uint64_t next_number = 1;

}  // namespace

uint64_t begin_flight(uint32_t thread, Site site, const char* what, std::vector<Range> ranges) {
  flights.push_back({next_number, thread, site, what, std::move(ranges)});
  return next_number++;
}

void end_flight(uint64_t number) {
  for (Flight& flight : flights) {
    if (flight.number != number) continue;
    std::swap(flight, flights.back());
    flights.pop_back();
    return;
  }
}

void forget_flights() { flights.clear(); }

bool find_leaving(const char* address, size_t bytes, Conflict* other) {
  for (const Flight& flight : flights) {
    for (const Range& range : flight.ranges) {
      if (address + bytes <= range.begin || address >= range.begin + range.bytes) continue;
      *other = {machine.sequence, flight.thread, flight.site, flight.what};
      return true;
    }
  }
  return false;
}

uint32_t issuer_of_agent(uint32_t agent) {
  return agent < mbarrier_agents ? issuer_of_mbarrier_agent(agent) : first_of_group(agent - mbarrier_agents);
}

void check_registers(Fiber& fiber, const char* address, size_t bytes, bool write, Site site) {
  for (RegisterRange& range : fiber.registers) {
    if (address + bytes <= range.begin || address >= range.end) continue;
    if (range.products == 0) {
      range.touched |= write;
    } else if ((write || range.written) && !found_before(Kind::missing_wait, site, range.site)) {
      add_finding({Kind::missing_wait, &fiber, site, write ? "write" : "read", bytes}, {machine.sequence, fiber.id, range.site, "wgmma"},
                  range.written ? "of registers that wgmma is adding to" : "of registers that wgmma is reading");
    }
  }
}

}  // namespace emu
