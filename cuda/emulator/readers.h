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

// The lists of shared memory and those of global memory have pools of their own: they live for a cluster, for a launch.
Pool<ReaderNode>& reader_pool(bool shared);

// The thread (or agent) of a group's lowest bit.
uint32_t first_of_group(uint32_t group);

// Adds the actor; its older reads leave the list, since whatever is ordered after the new one is ordered after them.
void add_reader(const Actor& actor, uint32_t& list, Site site, bool atomic, bool shared);
void drop_readers(uint32_t& list, bool shared);

}  // namespace emu
