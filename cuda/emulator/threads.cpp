#include "threads.h"

#include <map>

#include "async.h"
#include "findings.h"
#include "instructions.h"
#include "mbarrier.h"
#include "scheduler.h"
#include "wgmma.h"

namespace emu {

Machine machine;

uint3 thread_index() { return current->thread_index; }
uint3 block_index() { return current->block_index; }
dim3 block_extent() { return machine.block; }
dim3 grid_extent() { return machine.grid; }

void advance(Fiber& fiber, uint32_t clock) {
  fiber.own = clock;
  fiber.epoch = make_epoch(machine.sequence, fiber.id, clock);
  if (clock >= clock_limit - 1) {
    if (!found_before(Kind::unsupported, 0)) {
      add_finding({Kind::unsupported, &fiber}, "a thread of more than " + std::to_string(clock_limit) + " synchronizations");
    }
    end_launch("a thread synchronized too often for the checker");
  }
}

void acquire(Fiber& fiber, const ClockReference& clock) {
  if (!clock || fiber.base == clock) return;
  ClockReference sum = copy_of(*fiber.base.get());
  join(*sum.get(), *clock.get());
  fiber.base = sum;
}

void thread_returns(Fiber& fiber) {
  copies_without(fiber);
  products_without(fiber);
  --machine.live;
  if (--machine.blocks[fiber.block].live == 0) block_returns(fiber.block);
  warp_without(fiber);
  barriers_without(fiber);
  cluster_barrier_without(fiber);
}

void report_deadlock() {
  // Who waits where; the same place is named once, with its first thread.
  struct Waiting {
    size_t threads = 0;
    const Fiber* first = nullptr;
  };
  std::map<Site, Waiting> places;
  for (uint32_t i = 0; i < machine.threads; ++i) {
    const Fiber& fiber = machine.fibers[i];
    if (fiber.state == State::done) continue;
    Waiting& waiting = places[fiber.wait_site];
    if (waiting.threads++ == 0) waiting.first = &fiber;
  }
  for (const auto& [site, waiting] : places) {
    const Fiber& fiber = *waiting.first;
    const std::string who = std::to_string(waiting.threads) + (waiting.threads == 1 ? " thread waits" : " threads wait") + " for ever";
    const Mbarrier* barrier = fiber.wait_barrier;
    if (barrier && barrier->pending == 0 && barrier->bytes != 0) {
      add_finding(
          {Kind::mbarrier_bytes, &fiber, site, fiber.wait_what},
          who + ": " + describe_state(*barrier) +
              (barrier->bytes > 0 ? ": more bytes were announced than copies bring" : ": copies brought more bytes than were announced"));
      continue;
    }
    std::string text = who;
    if (barrier) text += " for parity " + std::to_string(fiber.wait_parity) + ": " + describe_state(*barrier);
    if (places.size() > 1) text += "; " + std::to_string(places.size() - 1) + " other places wait too";
    add_finding({Kind::deadlock, &fiber, site, fiber.wait_what}, text);
  }
  machine.ended = true;
  machine.end_reason = "it deadlocked: some of its threads wait for ever";
}

}  // namespace emu
