#include "readers.h"

#include <cstring>

namespace emu {

Pool<ReaderNode> node_pools[2];
Pool<Readers> readers_pools[2];

static uint32_t fresh_readers(bool shared) {
  const uint32_t number = readers_pool(shared).take();
  std::memset(readers_pool(shared)[number].heads, 0, sizeof Readers::heads);
  return number;
}

void drop_readers(uint32_t& readers, bool shared) {
  if (readers == 0) return;
  Pool<ReaderNode>& nodes = node_pool(shared);
  for (uint32_t head : readers_pool(shared)[readers].heads) {
    while (head) {
      const uint32_t next = nodes[head].next;
      nodes.give(head);
      head = next;
    }
  }
  readers_pool(shared).give(readers);
  readers = 0;
}

uint32_t copy_readers(uint32_t readers, bool shared) {
  if (readers == 0) return 0;
  Pool<ReaderNode>& nodes = node_pool(shared);
  const uint32_t copy = fresh_readers(shared);
  for (int i = 0; i < 8; ++i) {
    for (uint32_t at = readers_pool(shared)[readers].heads[i]; at; at = nodes[at].next) {
      const uint32_t number = nodes.take();
      uint32_t& head = readers_pool(shared)[copy].heads[i];
      nodes[number] = nodes[at];
      nodes[number].next = head & 0x7fffffffu;
      head = number;
    }
  }
  return copy;
}

uint32_t first_of_group(uint32_t group) {
  if (group >= agent_group) return machine.threads + group - agent_group;
  return group / machine.block_warps * machine.block_threads + group % machine.block_warps * 32;
}

// Makes room: of a group's lanes the newest reads are enough; of clusters that have ended, a reader of each of two, since a later write by
// any cluster conflicts with one of them, unless atomics ordered it after both.
static void prune(uint32_t& head, uint64_t group, bool shared) {
  Pool<ReaderNode>& nodes = node_pool(shared);
  uint64_t kept[2][2] = {};  // [atomic][..]
  uint32_t seen[2] = {};
  uint32_t before = 0;
  for (uint32_t at = head; at;) {
    ReaderNode& node = nodes[at];
    const int kind = node.atomic ? 1 : 0;
    bool keep = true;
    if (sequence_of(node.key) != machine.sequence) {
      const uint64_t sequence = sequence_of(node.key);
      keep = kept[kind][0] == 0 || (kept[kind][1] == 0 && kept[kind][0] != sequence);
      if (keep) kept[kind][kept[kind][0] ? 1 : 0] = sequence;
    } else if (thread_of(node.key) == group) {
      keep = (node.lanes & ~seen[kind]) != 0;
      seen[kind] |= node.lanes;
    }
    const uint32_t next = node.next;
    if (keep) {
      before = at;
    } else {
      if (before) {
        nodes[before].next = next & 0x7fffffffu;
      } else {
        head = next;
      }
      nodes.give(at);
    }
    at = next;
  }
}

void add_reader(const Actor& actor, uint32_t& readers, Site site, bool atomic, bool shared) {
  Pool<ReaderNode>& nodes = node_pool(shared);
  if (readers == 0) readers = fresh_readers(shared);
  uint32_t& head = readers_pool(shared)[readers].heads[actor.group % 8];
  const uint64_t key = make_epoch(machine.sequence, actor.group, clock_of(actor.epoch));
  int sites = 0;
  for (uint32_t at = head; at; at = nodes[at].next) {
    ReaderNode& node = nodes[at];
    if (node.key != key || node.atomic != atomic) continue;
    // Unrolled loops read a word from many addresses of one line. Two sites per warp are kept; a lane of a third is filed under the second.
    if (node.site == site || (node.lanes & actor.bit) || ++sites == 2) {
      node.lanes |= actor.bit;
      return;
    }
  }
  const uint32_t number = nodes.take();
  nodes[number] = {key, actor.bit, site, head & 0x7fffffffu, atomic};
  head = number;
  prune(head, actor.group, shared);
}

void add_reader_of(Epoch epoch, uint32_t& readers, Site site, bool shared) {
  const uint32_t thread = thread_of(epoch);
  uint32_t group = agent_group + thread - machine.threads;
  uint32_t bit = 1;
  if (thread < machine.threads) {
    const uint32_t in_block = thread % machine.block_threads;
    group = thread / machine.block_threads * machine.block_warps + in_block / 32;
    bit = 1u << in_block % 32;
  }
  if (readers == 0) readers = fresh_readers(shared);
  uint32_t& head = readers_pool(shared)[readers].heads[group % 8];
  const uint32_t number = node_pool(shared).take();
  node_pool(shared)[number] = {make_epoch(sequence_of(epoch), group, clock_of(epoch)), bit, site, head & 0x7fffffffu, false};
  head = number;
}

}  // namespace emu
