// A launch, from its checks to the text it returns.
#include "launch.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>

#include "async.h"
#include "atomics.h"
#include "findings.h"
#include "flights.h"
#include "mbarrier.h"
#include "memory.h"
#include "scheduler.h"
#include "shadow.h"
#include "sync_places.h"
#include "threads.h"
#include "wgmma.h"

namespace emu {
namespace {

std::string refusal(const LaunchRequest& request) {
  const dim3 b = request.block;
  const dim3 g = request.grid;
  const uint64_t threads = static_cast<uint64_t>(b.x) * b.y * b.z;
  const auto text = [](dim3 d) { return std::to_string(d.x) + "x" + std::to_string(d.y) + "x" + std::to_string(d.z); };
  if (threads < 1 || threads > 1024 || b.z > 64) return "a block of " + text(b) + " threads; 1 to 1024, at most 64 along z";
  if (g.x < 1 || g.y < 1 || g.z < 1 || g.x > 0x7fffffffu || g.y > 65535 || g.z > 65535) return "a grid of " + text(g) + " blocks";
  if (request.cluster < 1 || request.cluster > most_blocks) return "a cluster of " + std::to_string(request.cluster) + " blocks; 1 to 16";
  if (g.x % request.cluster != 0)
    return "a grid of " + text(g) + " blocks, not divisible into clusters of " + std::to_string(request.cluster);
  if (request.argument_bytes > 4096 + 64) return "arguments of " + std::to_string(request.argument_bytes) + " bytes; a kernel takes 4096";
  const uint64_t clusters = static_cast<uint64_t>(g.x / request.cluster) * g.y * g.z;
  if (clusters >= sequence_limit / 2) return "a grid of " + text(g) + " blocks: too many for the checker";
  return "";
}

void set_up(const LaunchRequest& request) {
  machine.kernel = request.name;
  machine.grid = request.grid;
  machine.block = request.block;
  machine.cluster = request.cluster;
  machine.block_threads = request.block.x * request.block.y * request.block.z;
  machine.block_warps = (machine.block_threads + 31) / 32;
  machine.threads = machine.block_threads * machine.cluster;
  machine.dynamic_bytes = request.dynamic_shared_bytes;
  machine.arguments_begin = static_cast<const char*>(request.arguments);
  machine.arguments_end = machine.arguments_begin + request.argument_bytes;
  machine.run = request.run;
  machine.run_argument = request.arguments;
  machine.ended = false;
  machine.end_reason.clear();

  const uint32_t clusters = request.grid.x / request.cluster * request.grid.y * request.grid.z;
  machine.first_sequence = machine.sequence + 1;
  if (machine.first_sequence + clusters >= sequence_limit) {
    // Cluster numbers are used up: forget every record of an access.
    madvise(arena.cells, arena_bytes / 4 * sizeof(Cell), MADV_DONTNEED);
    machine.first_sequence = 1;
  }
  machine.sequence = machine.first_sequence - 1;
  seed_random(settings.seed);
  machine.order.resize(clusters);
  for (uint32_t i = 0; i < clusters; ++i) machine.order[i] = i;
  if (settings.order == Order::reverse) std::reverse(machine.order.begin(), machine.order.end());
  if (settings.order == Order::random || settings.order == Order::priority) {
    for (uint32_t i = clusters; i > 1; --i) std::swap(machine.order[i - 1], machine.order[random_number() % i]);
  }

  if (machine.fibers.size() < machine.threads) machine.fibers.resize(machine.threads);
  begin_clocks(machine.threads + mbarrier_agents + machine.block_warps * machine.cluster);
  forget_global_lists();
  forget_sync_places();
}

// Resets the cluster's threads, barriers and shared memory.
void set_up_cluster(uint32_t nth) {
  machine.sequence = machine.first_sequence + nth;
  machine.live = machine.threads;
  machine.warps.resize(machine.block_warps * machine.cluster);
  machine.blocks.clear();
  machine.blocks.resize(machine.cluster);
  machine.cluster_barrier = Barrier();
  machine.cluster_complete = ClockReference();
  machine.cluster_phase = 0;
  forget_shared_lists();
  forget_mbarriers();
  forget_products();
  if (nth > 0) fresh_shared();
  const ClockReference zero = zero_clock();
  for (uint32_t i = 0; i < machine.threads; ++i) {
    Fiber& fiber = machine.fibers[i];
    const uint32_t rank = i / machine.block_threads;
    const uint32_t in_block = i % machine.block_threads;
    const dim3 block = block_of(machine.sequence, i);
    const dim3 thread = index_in_block(i);
    fiber.id = i;
    fiber.lane = in_block % 32;
    fiber.block = rank;
    fiber.warp = rank * machine.block_warps + in_block / 32;
    fiber.thread_index = {thread.x, thread.y, thread.z};
    fiber.block_index = {block.x, block.y, block.z};
    fiber.base = zero;
    fiber.fence = fiber.block_fence = View();
    fiber.observed = ClockReference();
    fiber.proxy_fences.clear();
    fiber.barrier_fences.clear();
    fiber.wait_barrier = nullptr;
    fiber.wait_what = "";
    fiber.wait_site = 0;
    fiber.cluster_unwaited = false;
    fiber.copies.clear();
    fiber.copy_group = fiber.store_group = 0;
    fiber.registers.clear();
    fiber.product_fence = false;
    advance(fiber, 1);
    Warp& warp = machine.warps[fiber.warp];
    if (fiber.lane == 0) {
      warp.first = i;
      warp.live = 0;
      warp.used = 0;
    }
    warp.live |= 1u << fiber.lane;
    Block& in = machine.blocks[rank];
    in.index = fiber.block_index;
    ++in.live;
  }
}

void release_clocks() {
  for (Fiber& fiber : machine.fibers) {
    fiber.base = ClockReference();
    fiber.fence = fiber.block_fence = View();
    fiber.observed = ClockReference();
  }
  machine.blocks.clear();
  machine.cluster_barrier = Barrier();
  machine.cluster_complete = ClockReference();
  forget_mbarriers();
  forget_products();
  forget_sync_places();
}

}  // namespace

std::string launch_kernel(const LaunchRequest& request) {
  const std::string name = std::string("kernel ") + request.name;
  if (current != nullptr) return name + ": launched from a kernel";
  if (const std::string why = refusal(request); !why.empty()) return name + ": " + why;
  reserve_arena();
  const size_t findings_before = finding_count();
  set_up(request);
  if (const std::string why = begin_shared(request.dynamic_shared_bytes); !why.empty()) return name + ": " + why;
  counters().launches++;
  for (uint32_t nth = 0; nth < machine.order.size() && !machine.ended; ++nth) {
    set_up_cluster(nth);
    run_threads();
    counters().blocks += machine.cluster;
    counters().threads += machine.threads;
    if (machine.live != 0 && !machine.ended) report_deadlock();
    forget_copies();
  }
  release_clocks();
  resolve_findings();
  std::string text;
  if (finding_count() > findings_before && settings.fail_on_findings) text = first_finding_since(findings_before);
  if (!machine.ended) return text.empty() ? "" : name + ": " + text;
  return name + " was ended: " + machine.end_reason + (text.empty() ? "" : "; " + text);
}

}  // namespace emu
