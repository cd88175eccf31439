// The machine while a launch runs: the threads of one cluster, their warps and blocks. Clusters run one after the other, the blocks of a
// cluster side by side. One launch at a time, so this is one object.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "clock.h"
#include "host.h"
#include "warp.h"

namespace emu {

// Where an access came from: an address in a kernel's code, or a file and line, in 32 bits (findings.h).
using Site = uint32_t;

// (cluster in the process, thread in the cluster, the thread's clock) of an access.
using Epoch = uint64_t;
constexpr int clock_bits = 21;
constexpr int thread_bits = 15;
constexpr uint32_t clock_limit = 1u << clock_bits;
constexpr uint32_t thread_limit = 1u << thread_bits;
constexpr uint64_t sequence_limit = uint64_t{1} << (64 - clock_bits - thread_bits);
constexpr Epoch make_epoch(uint64_t sequence, uint32_t thread, uint32_t clock) {
  return sequence << (clock_bits + thread_bits) | static_cast<uint64_t>(thread) << clock_bits | clock;
}
constexpr uint64_t sequence_of(Epoch epoch) { return epoch >> (clock_bits + thread_bits); }
constexpr uint32_t thread_of(Epoch epoch) { return static_cast<uint32_t>(epoch >> clock_bits) & (thread_limit - 1); }
constexpr uint32_t clock_of(Epoch epoch) { return static_cast<uint32_t>(epoch) & (clock_limit - 1); }

struct Mbarrier;

// A cp.async under way.
struct ThreadCopy {
  char* to;
  const char* from;
  uint32_t bytes;
  uint32_t source_bytes;
  uint32_t group;
  Site site;
  bool landed;
};

// A wgmma operand or sum in a thread's registers (an array on its stack).
struct RegisterRange {
  const char* begin;
  const char* end;
  Site site;
  uint32_t products;  // under way that write (or, of an operand, read) it
  bool written;       // by the products: a sum
  bool touched;       // by the thread since the last wgmma.fence
};

enum class State : uint8_t { ready, waiting, done };

struct Fiber {
  uint3 thread_index{};
  uint3 block_index{};
  uint32_t id = 0;  // in the cluster
  uint32_t lane = 0;
  uint32_t warp = 0;   // in the cluster
  uint32_t block = 0;  // in the cluster
  State state = State::done;

  void* stack_pointer = nullptr;
  char* stack_begin = nullptr;
  char* stack_end = nullptr;
  void* context = nullptr;  // ucontext_t, where there is no assembly

  Epoch epoch = 0;
  uint32_t own = 0;  // the thread's clock; epoch holds it too
  ClockReference base;
  View fence;                            // at its last __threadfence; no base: none yet
  View block_fence;                      // at its last fence of either kind
  ClockReference observed;               // what atomics have shown it since; a fence acquires it
  std::vector<uint32_t> proxy_fences;    // its clocks at fence.proxy.async, ascending
  std::vector<uint32_t> barrier_fences;  // and at fence.mbarrier_init

  // Why it waits; for the text of a deadlock.
  const char* wait_what = "";
  Site wait_site = 0;
  const Mbarrier* wait_barrier = nullptr;
  uint32_t wait_parity = 0;

  int barrier_result = 0;
  bool cluster_unwaited = false;  // arrived at the cluster's barrier and did not wait yet
  uint64_t cluster_phase = 0;     // that it arrived in
  std::vector<ThreadCopy> copies;
  uint32_t copy_group = 0;
  uint32_t store_group = 0;
  std::vector<RegisterRange> registers;
  bool product_fence = false;  // wgmma.fence since the last wait
  uint64_t priority = 0;
};

struct WarpSlot {
  uint32_t mask = 0;
  uint32_t arrived = 0;
  CollectiveFunction run = nullptr;
  bool orders_memory = false;
  const char* file = nullptr;
  int line = 0;
  void* arguments[32];
};

struct Warp {
  uint32_t live = 0;   // lanes that have not returned
  uint32_t first = 0;  // thread id of lane 0
  int used = 0;
  WarpSlot slots[32];
};

struct Barrier {
  uint32_t arrived = 0;
  uint32_t need = 0;  // 0: every thread of the block that has not returned
  const char* file = nullptr;
  int line = 0;
  Reduce reduce = Reduce::none;
  bool counts_differ = false;  // a finding was made of it
  int result = 0;
  std::vector<uint32_t> waiting;
  std::vector<uint32_t> here;  // all that arrived
  Accumulator clock;
  Site site = 0;
  uint32_t first = 0;  // thread that arrived first
};

// A thread's last access of another block's shared memory.
struct RemoteAccess {
  uint32_t clock = 0;  // the thread's; 0: none
  Site site = 0;
};

struct Block {
  uint3 index{};
  uint32_t live = 0;
  Barrier barriers[16];
  std::vector<RemoteAccess> remote;  // of this block's shared memory, by thread of the cluster; empty: none
};

struct Machine {
  std::string kernel;
  dim3 grid, block;
  uint32_t cluster = 1;  // blocks
  uint32_t block_threads = 0;
  uint32_t block_warps = 0;
  uint32_t threads = 0;  // of the cluster
  size_t dynamic_bytes = 0;
  const char* arguments_begin = nullptr;
  const char* arguments_end = nullptr;

  uint64_t first_sequence = 1;  // of the launch
  uint64_t sequence = 0;        // of the running cluster
  std::vector<uint32_t> order;  // cluster numbers in the order they run

  std::vector<Fiber> fibers;
  std::vector<Warp> warps;
  std::vector<Block> blocks;
  uint32_t live = 0;
  Barrier cluster_barrier;
  uint64_t cluster_phase = 0;
  ClockReference cluster_complete;  // of the last complete phase: no thread enters the next one's end before it left this one
  bool ended = false;               // a finding ended the launch: fibers are dropped where they stand
  std::string end_reason;
  void (*run)(void*) = nullptr;
  void* run_argument = nullptr;
};

// Clock components beyond the threads: mbarriers whose copies land (two that share one are merely checked less), then each warp's wgmma.
constexpr uint32_t mbarrier_agents = 128;
inline uint32_t agent_of_warp(uint32_t warp) { return mbarrier_agents + warp; }

extern Machine machine;
extern Options settings;
// The thread that runs, or null: host code. One a host thread, since host code of other threads is instrumented too.
extern thread_local constinit Fiber* current __attribute__((tls_model("initial-exec")));
// Between the launches of a process nothing of the checker changes.
inline bool checking() { return settings.check; }

inline View view_of(const Fiber& fiber) { return {fiber.base, fiber.id, fiber.own}; }
// Lanes that the warp began with: the last one of a block may have fewer than 32.
inline uint32_t lanes_of(uint32_t warp) {
  const uint32_t rest = machine.block_threads - warp % machine.block_warps * 32;
  return rest >= 32 ? ~0u : (1u << rest) - 1;
}
// After a release: what the thread does from now on is not covered by it.
void advance(Fiber& fiber, uint32_t clock);
inline void advance(Fiber& fiber) { advance(fiber, fiber.own + 1); }
void acquire(Fiber& fiber, const ClockReference& clock);
// The launch cannot go on. Called on a fiber it does not return.
void end_launch(const std::string& reason);

}  // namespace emu
