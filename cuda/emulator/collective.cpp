// Warp operations: lanes park until the last one named by the mask arrives, which then works for all.
#include <algorithm>
#include <cstring>

#include "findings.h"
#include "scheduler.h"
#include "threads.h"
#include "warp.h"

namespace emu {
namespace {

void run_nothing(void**, uint32_t, const char*, int) {}

void run_ballot(void** arguments, uint32_t mask, const char*, int) {
  uint32_t result = 0;
  for (uint32_t lanes = mask; lanes; lanes &= lanes - 1) {
    const int lane = __builtin_ctz(lanes);
    if (static_cast<Vote*>(arguments[lane])->predicate) result |= 1u << lane;
  }
  for (uint32_t lanes = mask; lanes; lanes &= lanes - 1) static_cast<Vote*>(arguments[__builtin_ctz(lanes)])->result = result;
}

// __syncwarp: the lanes' clocks join.
void order_lanes(const Warp& warp, uint32_t mask) {
  Accumulator accumulated;
  uint32_t latest = 0;
  for (uint32_t lanes = mask; lanes; lanes &= lanes - 1) {
    const Fiber& fiber = machine.fibers[warp.first + static_cast<uint32_t>(__builtin_ctz(lanes))];
    accumulated.add(view_of(fiber));
    latest = std::max(latest, fiber.own);
  }
  const ClockReference clock = accumulated.take();
  for (uint32_t lanes = mask; lanes; lanes &= lanes - 1) {
    Fiber& fiber = machine.fibers[warp.first + static_cast<uint32_t>(__builtin_ctz(lanes))];
    fiber.base = clock;
    advance(fiber, latest + 1);
  }
}

void remove_slot(Warp& warp, int index) {
  --warp.used;
  if (index != warp.used) warp.slots[index] = warp.slots[warp.used];
}

}  // namespace

void collective(uint32_t mask, CollectiveFunction run, void* argument, bool orders_memory, const char* file, int line) {
  Fiber& fiber = *current;
  counters().collectives++;
  Warp& warp = machine.warps[fiber.warp];
  const uint32_t bit = 1u << fiber.lane;
  if (!(mask & bit)) {
    const Site site = site_of(file, line);
    if (!found_before(Kind::warp_mask, site))
      add_finding({Kind::warp_mask, &fiber, site, "warp operation"}, "by a lane that its mask does not name");
    void* alone[32] = {};
    alone[fiber.lane] = argument;
    run(alone, bit, file, line);
    return;
  }
  if (mask & ~warp.live) {
    // Lanes that a short last warp never had are not a bug of the mask: full masks are customary.
    if (mask & lanes_of(fiber.warp) & ~warp.live) {
      const Site site = site_of(file, line);
      if (!found_before(Kind::divergent_warp, site)) {
        add_finding({Kind::divergent_warp, &fiber, site, "warp operation"}, "whose mask names lanes that have returned");
      }
    }
    mask &= warp.live;
  }
  int index = 0;
  while (index < warp.used && !(warp.slots[index].mask & mask)) ++index;
  WarpSlot& slot = warp.slots[index];
  if (index == warp.used) {
    ++warp.used;
    slot.mask = mask;
    slot.arrived = 0;
    slot.run = run;
    slot.orders_memory = orders_memory;
    slot.file = file;
    slot.line = line;
  } else if (slot.mask != mask || slot.run != run || slot.line != line) {
    const Site site = site_of(file, line);
    const Site other = site_of(slot.file, slot.line);
    const uint32_t first = warp.first + static_cast<uint32_t>(__builtin_ctz(slot.arrived ? slot.arrived : 1u));
    if (!found_before(Kind::divergent_warp, site, other)) {
      add_finding({Kind::divergent_warp, &fiber, site, "warp operation"}, {machine.sequence, first, other, "warp operation"},
                  slot.mask != mask ? "with another mask than a lane that waits for it" : "while a lane that it names is at another one");
    }
    if (slot.run != run) {
      end_launch("lanes of a warp meet at different warp operations");  // their arguments have different types
      return;
    }
    slot.mask |= bit;
  }
  slot.arguments[fiber.lane] = argument;
  slot.arrived |= bit;
  if ((slot.arrived & slot.mask) == slot.mask) {
    // Not in place: the others may begin the next operation as soon as they are ready.
    void* arguments[32];
    std::memcpy(arguments, slot.arguments, sizeof arguments);
    const uint32_t all = slot.mask;
    const bool orders = slot.orders_memory;
    remove_slot(warp, index);
    run(arguments, all, file, line);
    if (orders) order_lanes(warp, all);
    for (uint32_t lanes = all & ~bit; lanes; lanes &= lanes - 1) {
      make_ready(machine.fibers[warp.first + static_cast<uint32_t>(__builtin_ctz(lanes))]);
    }
    return;
  }
  wait("a warp operation", site_of(file, line));
}

uint32_t lane_index() { return current->lane; }

// The emulator runs lanes apart; what the hardware would find active is any set that holds the caller.
uint32_t active_lanes() { return 1u << current->lane; }

void inactive_source(int lane, int source, const char* file, int line) {
  const Site site = site_of(file, line);
  if (found_before(Kind::warp_mask, site)) return;
  const Warp& warp = machine.warps[current->warp];
  add_finding({Kind::warp_mask, &machine.fibers[warp.first + static_cast<uint32_t>(lane)], site, "shuffle"},
              "from lane " + std::to_string(source) + ", which takes no part");
}

uint32_t ballot(uint32_t mask, bool predicate, const char* file, int line) {
  Vote vote{predicate, 0};
  collective(mask, run_ballot, &vote, false, file, line);
  return vote.result;
}

void warp_barrier(uint32_t mask, const char* file, int line) { collective(mask, run_nothing, nullptr, true, file, line); }

// Lanes that wait for one that has returned.
void warp_without(Fiber& fiber) {
  Warp& warp = machine.warps[fiber.warp];
  warp.live &= ~(1u << fiber.lane);
  for (int index = 0; index < warp.used;) {
    WarpSlot& slot = warp.slots[index];
    if (!(slot.mask >> fiber.lane & 1u)) {
      ++index;
      continue;
    }
    const Site site = site_of(slot.file, slot.line);
    const uint32_t first = warp.first + static_cast<uint32_t>(__builtin_ctz(slot.arrived));
    if (!found_before(Kind::divergent_warp, site)) {
      add_finding({Kind::divergent_warp, &machine.fibers[first], site, "warp operation"},
                  "whose mask names a lane that returned without it, lane " + std::to_string(fiber.lane));
    }
    slot.mask &= warp.live;
    if (slot.mask != slot.arrived) {
      ++index;
      continue;
    }
    const WarpSlot whole = slot;
    remove_slot(warp, index);
    void* arguments[32];
    std::memcpy(arguments, whole.arguments, sizeof arguments);
    whole.run(arguments, whole.mask, whole.file, whole.line);
    if (whole.orders_memory) order_lanes(warp, whole.mask);
    for (uint32_t lanes = whole.mask; lanes; lanes &= lanes - 1) {
      make_ready(machine.fibers[warp.first + static_cast<uint32_t>(__builtin_ctz(lanes))]);
    }
  }
}

}  // namespace emu
