#include "mbarrier.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <unordered_map>

#include "findings.h"
#include "instructions.h"
#include "memory.h"
#include "scheduler.h"
#include "shadow.h"
#include "threads.h"

namespace emu {
namespace {

std::unordered_map<const char*, std::unique_ptr<Mbarrier>> barriers;
uint32_t agent_clock[mbarrier_agents];
uint32_t agent_issuer[mbarrier_agents];
uint32_t next_agent = 0;
constexpr uint32_t most_arrivals = (1u << 20) - 1;  // the PTX manual's ranges of both counts
constexpr int64_t most_bytes = (1 << 20) - 1;

bool ordered_after(const Fiber& fiber, Epoch epoch) {
  return thread_of(epoch) == fiber.id || clock_of(epoch) <= fiber.base->at[thread_of(epoch)];
}

void complete_if_done(Mbarrier& barrier) {
  if (barrier.pending != 0 || barrier.bytes != 0) return;
  barrier.arriving.add_component(machine.threads + barrier.agent, ++agent_clock[barrier.agent]);
  barrier.complete = barrier.arriving.take();
  barrier.memo_base = barrier.memo_result = ClockReference();
  barrier.pending = barrier.count;
  ++barrier.phase;
  std::vector<Fiber*> waiting;
  waiting.swap(barrier.waiting);
  for (Fiber* fiber : waiting) make_ready(*fiber);
}

void arrive(Mbarrier& barrier, uint32_t expected_bytes, Site site) {
  Fiber& fiber = *current;
  if (barrier.pending == 0) {
    add_finding(
        {Kind::mbarrier_misuse, &fiber, site, "mbarrier_arrive"},
        "beyond its count of " + std::to_string(barrier.count) + " arrivals: the phase still waits for bytes, " + describe_state(barrier));
    return;
  }
  barrier.bytes += expected_bytes;
  if (barrier.bytes > most_bytes) {
    add_finding({Kind::mbarrier_misuse, &fiber, site, "mbarrier_arrive_expect"}, "of more than 1048575 bytes in all");
  }
  barrier.arriving.add(view_of(fiber));
  advance(fiber);
  --barrier.pending;
  complete_if_done(barrier);
}

}  // namespace

std::string describe_state(const Mbarrier& barrier) {
  return "the mbarrier " + whereabouts(barrier.address) + " has " + std::to_string(barrier.phase) + " complete phases, " +
         std::to_string(barrier.count - barrier.pending) + " of " + std::to_string(barrier.count) + " arrivals and " +
         std::to_string(barrier.bytes) + " bytes outstanding";
}

Mbarrier* find_mbarrier(Fiber& fiber, const uint64_t* address, Site site, const char* what) {
  const auto at = barriers.find(reinterpret_cast<const char*>(address));
  if (at == barriers.end()) {
    if (!found_before(Kind::mbarrier_misuse, site)) {
      add_finding({Kind::mbarrier_misuse, &fiber, site, what}, "of an mbarrier that was not initialized, " + whereabouts(address));
    }
    return nullptr;
  }
  Mbarrier& barrier = *at->second;
  if (!ordered_after(fiber, barrier.init) && !found_before(Kind::race, site, barrier.init_site)) {
    add_finding({Kind::race, &fiber, site, what}, {machine.sequence, thread_of(barrier.init), barrier.init_site, "mbarrier_init"},
                "not ordered after the mbarrier's initialization");
  }
  return &barrier;
}

bool mbarrier_takes_copies(Fiber& fiber, const Mbarrier& barrier, Site site) {
  const uint32_t thread = thread_of(barrier.init);
  const auto& fences = machine.fibers[thread].barrier_fences;
  const auto first = std::lower_bound(fences.begin(), fences.end(), clock_of(barrier.init));
  if (first != fences.end() && (thread == fiber.id || *first <= fiber.base->at[thread])) return true;
  if (!found_before(Kind::missing_proxy_fence, site, barrier.init_site)) {
    add_finding({Kind::missing_proxy_fence, &fiber, site, "copy"}, {machine.sequence, thread, barrier.init_site, "mbarrier_init"},
                "that reports to an mbarrier without fence_mbarrier_init after its initialization");
  }
  return false;
}

Epoch landing_epoch(const Mbarrier& barrier, uint32_t issuer) {
  agent_issuer[barrier.agent] = issuer;
  return make_epoch(machine.sequence, machine.threads + barrier.agent, agent_clock[barrier.agent] + 1);
}

void complete_bytes(Mbarrier& barrier, uint32_t bytes) {
  barrier.bytes -= bytes;
  complete_if_done(barrier);
}

uint32_t issuer_of_mbarrier_agent(uint32_t agent) { return agent_issuer[agent]; }

void forget_mbarriers() {
  barriers.clear();
  next_agent = 0;
  std::memset(agent_clock, 0, sizeof agent_clock);
}

void mbarrier_init(uint64_t* address, uint32_t count, const char* file, int line) {
  Fiber& fiber = *current;
  const Site site = site_of(file, line);
  if (!is_shared(address) || window_of(address) != fiber.block) {
    add_finding({Kind::wrong_space, &fiber, site, "mbarrier_init"}, "of what is not shared memory of the block");
    return;
  }
  if (count < 1 || count > most_arrivals) {
    add_finding({Kind::mbarrier_misuse, &fiber, site, "mbarrier_init"}, "with a count of " + std::to_string(count));
    return;
  }
  const auto* key = reinterpret_cast<const char*>(address);
  if (const auto old = barriers.find(key); old != barriers.end()) {
    add_finding({Kind::mbarrier_misuse, &fiber, site, "mbarrier_init"},
                {machine.sequence, thread_of(old->second->init), old->second->init_site, "mbarrier_init"}, "of an mbarrier that is in use");
    return;
  }
  if (!check_access(fiber, address, 8, Act::write, site)) return;
  auto barrier = std::make_unique<Mbarrier>();
  barrier->address = key;
  barrier->count = barrier->pending = count;
  barrier->init = fiber.epoch;
  barrier->init_site = site;
  barrier->agent = next_agent++ % mbarrier_agents;
  barriers[key] = std::move(barrier);
  set_barrier(address, fiber.epoch, site);
}

void mbarrier_arrive(uint64_t* address, uint32_t expected_bytes, const char* file, int line) {
  const Site site = site_of(file, line);
  if (Mbarrier* barrier = find_mbarrier(*current, address, site, "mbarrier_arrive")) arrive(*barrier, expected_bytes, site);
}

void mbarrier_arrive_remote(uint64_t* address, uint32_t rank, const char* file, int line) {
  const Site site = site_of(file, line);
  if (!is_shared(address) || rank >= machine.cluster) {
    add_finding({Kind::cluster_misuse, current, site, "mbarrier_arrive_remote"},
                "at rank " + std::to_string(rank) + " of a cluster of " + std::to_string(machine.cluster));
    return;
  }
  auto* remote = reinterpret_cast<uint64_t*>(window_begin(rank) + shared_offset(address));
  if (rank != current->block && !check_remote(*current, rank, site)) return;
  if (Mbarrier* barrier = find_mbarrier(*current, remote, site, "mbarrier_arrive_remote")) arrive(*barrier, 0, site);
}

void mbarrier_wait(uint64_t* address, uint32_t parity, const char* file, int line) {
  Fiber& fiber = *current;
  const Site site = site_of(file, line);
  Mbarrier* barrier = find_mbarrier(fiber, address, site, "mbarrier_wait");
  if (barrier == nullptr) {
    // It would never return, or at once: whatever the kernel does next would only hide the finding.
    end_launch("it waits for an mbarrier that was not initialized");
    return;
  }
  if (window_of(address) != fiber.block) {
    add_finding({Kind::cluster_misuse, &fiber, site, "mbarrier_wait"}, "for an mbarrier of another block; only arrivals may be remote");
  }
  while ((barrier->phase & 1u) == (parity & 1u)) {
    barrier->waiting.push_back(&fiber);
    fiber.wait_barrier = barrier;
    fiber.wait_parity = parity & 1u;
    wait("mbarrier_wait", site);
    fiber.wait_barrier = nullptr;
  }
  if (!barrier->complete) return;
  if (barrier->memo_result && barrier->memo_base == fiber.base) {
    fiber.base = barrier->memo_result;
  } else {
    barrier->memo_base = fiber.base;
    acquire(fiber, barrier->complete);
    barrier->memo_result = fiber.base;
  }
}

void fence_mbarrier_init(const char*, int) {
  Fiber& fiber = *current;
  fiber.barrier_fences.push_back(fiber.own);
  advance(fiber);
}

void fence_async_proxy(const char*, int) {
  Fiber& fiber = *current;
  fiber.barrier_fences.push_back(fiber.own);
  fiber.proxy_fences.push_back(fiber.own);
  advance(fiber);
}

}  // namespace emu
