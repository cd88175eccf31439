#include "sync_places.h"

#include <unordered_map>

#include "atomics.h"
#include "findings.h"
#include "memory.h"
#include "scheduler.h"
#include "shadow.h"

namespace emu {
namespace {

struct Place {
  uint64_t sequence = 0;     // of the cluster that `released` is of
  ClockReference released;   // by the running cluster
  HistoryReference history;  // by those before it
};
std::unordered_map<const void*, Place> places;
uint32_t atomics_in_a_row = 0;

// Clusters run one after the other: what an earlier one released becomes history.
void bring_up_to_date(Place& place) {
  if (place.sequence == machine.sequence) return;
  if (place.released) {
    const size_t nth = place.sequence - machine.first_sequence;
    place.history = joined(place.history, place.released->history);
    if (!place.history) {
      place.history = HistoryReference(new History);
    } else if (!place.history.unique()) {
      auto* copy = new History(*place.history.get());
      copy->references = 0;
      place.history = HistoryReference(copy);
    }
    if (place.history->of.size() <= nth) place.history->of.resize(nth + 1);
    place.released->history = HistoryReference();  // joined above; a chain of them would keep every cluster's alive
    place.history->of[nth] = std::move(place.released);
    place.released = ClockReference();
  }
  place.sequence = machine.sequence;
}

// The atomic both releases (what came before the thread's last fence) and acquires. By the letter a fence has to follow as well before
// what the atomic showed may be used; CUDA's guide itself leaves it out ("last block done"), so a fence before is enough here.
void synchronize(Fiber& fiber, const void* address, bool shared) {
  const View& fence = shared ? fiber.block_fence : fiber.fence;
  const bool fenced = static_cast<bool>(fence.base);
  auto at = places.find(address);
  if (at == places.end()) {
    if (!fenced) return;
    at = places.try_emplace(address).first;
    at->second.sequence = machine.sequence;
  }
  Place& place = at->second;
  bring_up_to_date(place);
  if (place.released || place.history) {
    ClockReference seen = place.released ? copy_of(*place.released.get()) : zero_clock();
    if (place.history) seen->history = joined(seen->history, place.history);
    if (fenced) {
      acquire(fiber, seen);
    } else if (fiber.observed) {
      join(*seen.get(), *fiber.observed.get());
      fiber.observed = seen;
    } else {
      fiber.observed = seen;
    }
  }
  if (fenced) {
    ClockReference sum = place.released ? copy_of(*place.released.get()) : zero_clock();
    join(*sum.get(), *fence.base.get());
    sum->at[fence.thread] = std::max(sum->at[fence.thread], fence.own);
    place.released = sum;
  }
}

}  // namespace

void forget_sync_places() { places.clear(); }

void thread_fence(bool device, const char*, int) {
  Fiber& fiber = *current;
  if (fiber.observed) {
    acquire(fiber, fiber.observed);
    fiber.observed = ClockReference();
  }
  fiber.block_fence = view_of(fiber);
  if (device) fiber.fence = fiber.block_fence;
  advance(fiber);
}

bool begin_atomic(void* address, size_t bytes, const char* file, int line) {
  Fiber& fiber = *current;
  // A loop that polls would otherwise never let the thread run that it waits for.
  if (++atomics_in_a_row % 64 == 0) {
    yield();
  } else if (chance(settings.preempt)) {
    yield();
  }
  const Site site = site_of(file, line);
  fiber.wait_site = site;
  if (reinterpret_cast<uintptr_t>(address) & (bytes - 1)) {
    if (!found_before(Kind::misaligned, site)) {
      add_finding({Kind::misaligned, &fiber, site, "atomic access", bytes},
                  "at an address that is not a multiple of it, " + whereabouts(address));
    }
    return false;
  }
  if (!in_arena(address) || settings.check) {
    if (!check_access(fiber, address, bytes, Act::atomic, site)) return false;
    if (!in_arena(address)) return true;
  }
  if (settings.check) synchronize(fiber, address, is_shared(address));
  return true;
}

}  // namespace emu
