// Barriers of a block (__syncthreads, bar.sync, bar.arrive) and of a cluster.
#include <algorithm>

#include "findings.h"
#include "instructions.h"
#include "memory.h"
#include "scheduler.h"
#include "threads.h"

namespace emu {
namespace {

// Everybody's clock becomes the join, and their own the same number: readers of one word then share list entries.
void release_all(const std::vector<uint32_t>& threads, Accumulator& accumulated) {
  const ClockReference clock = accumulated.take();
  uint32_t latest = 0;
  for (const uint32_t id : threads) latest = std::max(latest, machine.fibers[id].own);
  for (const uint32_t id : threads) {
    Fiber& fiber = machine.fibers[id];
    fiber.base = clock;
    advance(fiber, latest + 1);
  }
}

void wake(const std::vector<uint32_t>& threads) {
  for (const uint32_t id : threads) make_ready(machine.fibers[id]);
}

// bar.sync of part of a warp is undefined: the hardware counts warps.
void check_whole_warps(const Barrier& barrier, Site site) {
  std::vector<uint32_t> lanes(machine.warps.size());
  for (const uint32_t id : barrier.here) lanes[machine.fibers[id].warp] |= 1u << machine.fibers[id].lane;
  for (const uint32_t id : barrier.here) {
    const uint32_t warp = machine.fibers[id].warp;
    if (lanes[warp] == lanes_of(warp)) continue;
    if (!found_before(Kind::barrier_misuse, site)) {
      add_finding({Kind::barrier_misuse, &machine.fibers[id], site, "named barrier"},
                  "by a part of a warp; the hardware counts whole warps");
    }
    return;
  }
}

void complete(Barrier& barrier) {
  std::vector<uint32_t> waiting;
  waiting.swap(barrier.waiting);
  release_all(waiting, barrier.clock);
  for (const uint32_t id : waiting) machine.fibers[id].barrier_result = barrier.result;
  barrier.here.clear();
  barrier.arrived = 0;
  wake(waiting);
}

void combine(Barrier& barrier, int predicate) {
  switch (barrier.reduce) {
    case Reduce::none:
      break;
    case Reduce::any:
      barrier.result |= predicate != 0;
      break;
    case Reduce::all:
      barrier.result &= predicate != 0;
      break;
    case Reduce::count:
      barrier.result += predicate != 0;
      break;
  }
}

}  // namespace

int block_barrier(Reduce reduce, int predicate, const char* file, int line) {
  Fiber& fiber = *current;
  counters().barriers++;
  const Site site = site_of(file, line);
  Block& block = machine.blocks[fiber.block];
  Barrier& barrier = block.barriers[0];
  if (barrier.arrived == 0) {
    barrier.file = file;
    barrier.line = line;
    barrier.site = site;
    barrier.first = fiber.id;
    barrier.need = 0;
    barrier.reduce = reduce;
    barrier.result = reduce == Reduce::all;
  } else if ((barrier.line != line || barrier.file != file) && barrier.site != site &&
             !found_before(Kind::divergent_barrier, site, barrier.site)) {
    add_finding({Kind::divergent_barrier, &fiber, site, "__syncthreads"}, {machine.sequence, barrier.first, barrier.site, "__syncthreads"},
                "while other threads of the block wait at another one");
  }
  combine(barrier, predicate);
  ++barrier.arrived;
  barrier.waiting.push_back(fiber.id);
  barrier.clock.add(view_of(fiber));
  if (barrier.arrived == block.live) {
    if (block.live < machine.block_threads && !found_before(Kind::divergent_barrier, site)) {
      add_finding({Kind::divergent_barrier, &fiber, site, "__syncthreads"},
                  "that " + std::to_string(machine.block_threads - block.live) + " threads of the block never reach: they have returned");
    }
    // The last one joins the others in the queue, so that it does not always go first.
    complete(barrier);
    wait_for_turn();
    return fiber.barrier_result;
  }
  wait("__syncthreads", site);
  return fiber.barrier_result;
}

static void named_barrier(uint32_t id, uint32_t threads, bool waits, const char* file, int line) {
  Fiber& fiber = *current;
  counters().barriers++;
  const Site site = site_of(file, line);
  const char* what = waits ? "named_barrier_sync" : "named_barrier_arrive";
  if (id > 15 || threads == 0 || threads % 32 != 0 || threads > ((machine.block_threads + 31) & ~31u)) {
    if (!found_before(Kind::barrier_misuse, site)) {
      add_finding({Kind::barrier_misuse, &fiber, site, what},
                  "with id " + std::to_string(id) + " and " + std::to_string(threads) +
                      " threads; the id is in [0,15], the count a multiple of 32 up to the block's");
    }
    end_launch("a named barrier has an impossible id or count");
    return;
  }
  Barrier& barrier = machine.blocks[fiber.block].barriers[id];
  if (barrier.arrived == 0) {
    barrier.file = file;
    barrier.line = line;
    barrier.site = site;
    barrier.first = fiber.id;
    barrier.need = threads;
    barrier.reduce = Reduce::none;
    barrier.counts_differ = false;
  } else if (barrier.need != threads) {
    barrier.counts_differ = true;
    if (!found_before(Kind::barrier_misuse, site, barrier.site))
      add_finding({Kind::barrier_misuse, &fiber, site, what}, {machine.sequence, barrier.first, barrier.site, "named barrier"},
                  "of " + std::to_string(threads) + " threads, while barrier " + std::to_string(id) + " was begun for " +
                      std::to_string(barrier.need));
  }
  if (std::find(barrier.here.begin(), barrier.here.end(), fiber.id) != barrier.here.end() &&
      !found_before(Kind::barrier_misuse, site, barrier.site)) {
    add_finding({Kind::barrier_misuse, &fiber, site, what}, "by a thread that has arrived at barrier " + std::to_string(id) + " already");
  }
  ++barrier.arrived;
  barrier.here.push_back(fiber.id);
  barrier.clock.add(view_of(fiber));
  if (waits) {
    barrier.waiting.push_back(fiber.id);
  } else {
    advance(fiber);
  }
  if (barrier.arrived >= barrier.need) {
    if (!barrier.counts_differ) check_whole_warps(barrier, site);
    complete(barrier);
    if (waits) wait_for_turn();
    return;
  }
  if (waits) wait("named_barrier_sync", site);
}

void named_barrier_sync(uint32_t id, uint32_t threads, const char* file, int line) { named_barrier(id, threads, true, file, line); }
void named_barrier_arrive(uint32_t id, uint32_t threads, const char* file, int line) { named_barrier(id, threads, false, file, line); }

void barriers_without(Fiber& fiber) {
  Block& block = machine.blocks[fiber.block];
  Barrier& barrier = block.barriers[0];
  if (barrier.arrived == 0 || barrier.need != 0 || barrier.arrived != block.live) return;
  if (!found_before(Kind::divergent_barrier, barrier.site)) {
    add_finding({Kind::divergent_barrier, &machine.fibers[barrier.waiting[0]], barrier.site, "__syncthreads"},
                "that some threads of the block never reach: " +
                    describe(dim3(fiber.block_index.x, fiber.block_index.y, fiber.block_index.z),
                             dim3(fiber.thread_index.x, fiber.thread_index.y, fiber.thread_index.z)) +
                    " has returned");
  }
  complete(barrier);
}

// ---- clusters ---------------------------------------------------------------------------------------------------------------------
static void complete_cluster(Barrier& barrier) {
  barrier.arrived = 0;
  machine.cluster_phase++;
  machine.cluster_complete = barrier.clock.take();
  std::vector<uint32_t> waiting;
  waiting.swap(barrier.waiting);
  wake(waiting);
}

void cluster_arrive(const char* file, int line) {
  Fiber& fiber = *current;
  const Site site = site_of(file, line);
  Barrier& barrier = machine.cluster_barrier;
  if (fiber.cluster_unwaited) {
    if (!found_before(Kind::cluster_misuse, site)) {
      add_finding({Kind::cluster_misuse, &fiber, site, "cluster_arrive"}, "a second time without cluster_wait between");
    }
    return;
  }
  if (barrier.arrived == 0) {
    barrier.site = site;
    barrier.first = fiber.id;
  }
  fiber.cluster_unwaited = true;
  fiber.cluster_phase = machine.cluster_phase;
  barrier.clock.add(view_of(fiber));
  advance(fiber);
  if (++barrier.arrived == machine.live) complete_cluster(barrier);
}

void cluster_wait(const char* file, int line) {
  Fiber& fiber = *current;
  const Site site = site_of(file, line);
  if (!fiber.cluster_unwaited) {
    if (!found_before(Kind::cluster_misuse, site)) {
      add_finding({Kind::cluster_misuse, &fiber, site, "cluster_wait"}, "without cluster_arrive before it");
    }
    return;
  }
  fiber.cluster_unwaited = false;
  if (fiber.cluster_phase == machine.cluster_phase) {
    machine.cluster_barrier.waiting.push_back(fiber.id);
    wait("cluster_wait", site);
  }
  acquire(fiber, machine.cluster_complete);
}

void cluster_barrier_without(Fiber&) {
  Barrier& barrier = machine.cluster_barrier;
  if (barrier.arrived != 0 && barrier.arrived == machine.live) complete_cluster(barrier);
}

// A finding of an access of a block's shared memory that the block's return may come before.
static void outlives(const Fiber& fiber, uint32_t block, Site site, const char* how) {
  if (found_before(Kind::cluster_misuse, site)) return;
  add_finding({Kind::cluster_misuse, &fiber, site, "access"}, "of the shared memory of block " + std::to_string(block) + " of the cluster" +
                                                                  how + ": a cluster_sync at the end keeps it alive");
}

bool check_remote(Fiber& fiber, uint32_t block, Site site) {
  const uint32_t first = block * machine.block_threads;
  if (block >= machine.cluster) {
    if (!found_before(Kind::cluster_misuse, site)) {
      add_finding({Kind::cluster_misuse, &fiber, site, "access"}, "of the shared memory of no block of the cluster");
    }
    return false;
  }
  Block& of = machine.blocks[block];
  if (of.live == 0) {
    outlives(fiber, block, site, ", which has returned");
    return false;
  }
  if (of.remote.empty()) of.remote.resize(machine.threads);
  of.remote[fiber.id] = {fiber.own, site};
  // A block whose threads are not known to have begun may not have its shared memory yet.
  for (uint32_t i = 0; i < machine.block_threads; ++i) {
    if (fiber.base->at[first + i]) return true;
  }
  if (!found_before(Kind::cluster_misuse, site)) {
    add_finding({Kind::cluster_misuse, &fiber, site, "access"}, "of the shared memory of block " + std::to_string(block) +
                                                                    " of the cluster before a cluster_sync: the block may not have begun");
  }
  return true;
}

// A block returns with its last thread, so what any of its threads is ordered after, its return is.
void block_returns(uint32_t block) {
  const std::vector<RemoteAccess>& remote = machine.blocks[block].remote;
  if (remote.empty()) return;
  const uint32_t first = block * machine.block_threads;
  for (uint32_t thread = 0; thread < machine.threads; ++thread) {
    if (remote[thread].clock == 0) continue;
    bool ordered = false;
    for (uint32_t i = 0; i < machine.block_threads && !ordered; ++i) {
      ordered = machine.fibers[first + i].base->at[thread] >= remote[thread].clock;
    }
    if (!ordered) outlives(machine.fibers[thread], block, remote[thread].site, ", whose return is not ordered after it");
  }
}

uint32_t cluster_rank() { return current->block; }
uint32_t cluster_size() { return machine.cluster; }

void* cluster_map_address(void* shared, uint32_t rank) {
  if (!is_shared(shared) || rank >= machine.cluster) {
    add_finding({Kind::cluster_misuse, current, 0, "cluster_map"},
                is_shared(shared) ? "to rank " + std::to_string(rank) + " of a cluster of " + std::to_string(machine.cluster)
                                  : std::string("of an address that is not shared memory"));
    end_launch("cluster_map has an impossible argument");
    return shared;
  }
  return window_begin(rank) + shared_offset(shared);
}

}  // namespace emu
