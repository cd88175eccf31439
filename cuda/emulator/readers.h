// Lists of the threads that read a word since its last write, and of those that accessed it atomically.
#pragma once
#include <cstdint>
#include <vector>

#include "machine.h"

namespace emu {

// Who accesses: a thread, or an agent on its behalf.
struct Actor {
  Epoch epoch;
  uint32_t group;  // the thread's warp, or agent_group + the agent
  uint32_t bit;    // the thread's lane
};
constexpr uint32_t agent_group = 1u << (thread_bits - 1);
inline Actor actor_of(const Fiber& fiber) { return {fiber.epoch, fiber.warp, 1u << fiber.lane}; }
inline Actor actor_of_agent(uint32_t agent, uint32_t clock) {
  return {make_epoch(machine.sequence, machine.threads + agent, clock), agent_group + agent, 1};
}

// Lanes of one warp, at one clock, at one site.
struct ReaderNode {
  uint64_t key;  // an epoch with the group in place of the thread
  uint32_t lanes;
  Site site;
  uint32_t next;
  bool atomic;
};

struct Parts;

// Numbered from 1. Blocks of memory keep their addresses.
template <class T>
class Pool {
 public:
  T& operator[](uint32_t number) { return chunks_[number >> 12][number & 4095]; }
  uint32_t take() {
    if (spare_) {
      const uint32_t number = spare_;
      spare_ = next_spare((*this)[number]);
      return number;
    }
    if ((++used_ >> 12) >= chunks_.size()) chunks_.push_back(new T[4096]);
    return used_;
  }
  void give(uint32_t number) {
    next_spare((*this)[number]) = spare_;
    spare_ = number;
  }
  void clear() { used_ = spare_ = 0; }

 private:
  static uint32_t& next_spare(T& element) { return element.next; }
  std::vector<T*> chunks_{};
  uint32_t used_ = 0;
  uint32_t spare_ = 0;
};

// A word's readers, in a list for every eighth warp.
struct Readers {
  uint32_t heads[8];
  uint32_t next;
};

// Those of shared memory live for a cluster, those of global memory for a launch.
extern Pool<ReaderNode> node_pools[2];
extern Pool<Readers> readers_pools[2];
inline Pool<ReaderNode>& node_pool(bool shared) { return node_pools[shared ? 1 : 0]; }
inline Pool<Readers>& readers_pool(bool shared) { return readers_pools[shared ? 1 : 0]; }

// The thread (or agent) of a group's lowest bit.
uint32_t first_of_group(uint32_t group);

// `readers` 0: none yet. An actor's older reads may stay: whatever is ordered after the new one is ordered after them.
void add_reader(const Actor& actor, uint32_t& readers, Site site, bool atomic, bool shared);
// Those of that epoch, which is of a thread or an agent.
void add_reader_of(Epoch epoch, uint32_t& readers, Site site, bool shared);
uint32_t copy_readers(uint32_t readers, bool shared);
void drop_readers(uint32_t& readers, bool shared);

}  // namespace emu
