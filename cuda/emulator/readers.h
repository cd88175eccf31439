// Lists of the threads that read a word since its last write, and of those that accessed it atomically.
#pragma once
#include <cstdint>
#include <vector>

#include "machine.h"
#include "memory.h"

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
  uint32_t next : 31;
  uint32_t atomic : 1;
};

// Elements numbered from 1, in one range of addresses: an element is found without a table.
template <class T>
class Pool {
 public:
  T& operator[](uint32_t number) { return elements_[number]; }
  uint32_t take() {
    if (spare_) {
      const uint32_t number = spare_;
      spare_ = elements_[number].next;
      return number;
    }
    if (elements_ == nullptr) elements_ = static_cast<T*>(reserve_addresses(sizeof(T) * most));
    if (used_ + 1 >= most) end_launch("the checker has no room for more readers");
    return ++used_;
  }
  void give(uint32_t number) {
    elements_[number].next = spare_ & 0x7fffffffu;
    spare_ = number;
  }
  void clear() { used_ = spare_ = 0; }

 private:
  static constexpr uint32_t most = 1u << 28;
  T* elements_ = nullptr;
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
