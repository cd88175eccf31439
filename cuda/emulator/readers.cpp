#include "readers.h"

namespace emu {
namespace {

Pool<ReaderNode> pools[2];

}  // namespace

Pool<ReaderNode>& reader_pool(bool shared) { return pools[shared ? 1 : 0]; }

uint32_t first_of_group(uint32_t group) {
  if (group >= agent_group) return machine.threads + group - agent_group;
  return group / machine.block_warps * machine.block_threads + group % machine.block_warps * 32;
}

void drop_readers(uint32_t& list, bool shared) {
  Pool<ReaderNode>& pool = reader_pool(shared);
  while (list) {
    const uint32_t next = pool[list].next;
    pool.give(list);
    list = next;
  }
}

// Of clusters that have ended, a reader of each of two is enough: a later write by any cluster conflicts with one of them, unless atomics
// ordered it after both.
static void keep_two_clusters(uint32_t& list, bool shared) {
  Pool<ReaderNode>& pool = reader_pool(shared);
  uint64_t kept[2][2] = {};  // [atomic][..]
  uint32_t* link = &list;
  while (*link) {
    ReaderNode& node = pool[*link];
    uint64_t* of_kind = kept[node.atomic ? 1 : 0];
    const uint64_t sequence = sequence_of(node.key);
    const bool keep = of_kind[0] == 0 || (of_kind[1] == 0 && of_kind[0] != sequence);
    if (keep) {
      of_kind[of_kind[0] ? 1 : 0] = sequence;
      link = &node.next;
    } else {
      const uint32_t gone = *link;
      *link = node.next;
      pool.give(gone);
    }
  }
}

void add_reader(const Actor& actor, uint32_t& list, Site site, bool atomic, bool shared) {
  Pool<ReaderNode>& pool = reader_pool(shared);
  const uint64_t key = make_epoch(machine.sequence, actor.group, clock_of(actor.epoch));
  const uint32_t bit = actor.bit;
  if (list && !shared && sequence_of(pool[list].key) != machine.sequence) keep_two_clusters(list, shared);
  ReaderNode* same = nullptr;
  for (uint32_t* link = &list; *link;) {
    ReaderNode& node = pool[*link];
    if (node.atomic == atomic && thread_of(node.key) == actor.group && sequence_of(node.key) == machine.sequence) {
      if (node.key == key) {
        if (node.lanes & bit) return;
        if (node.site == site) same = &node;
      } else if (node.lanes & bit) {
        node.lanes &= ~bit;
        if (node.lanes == 0) {
          const uint32_t gone = *link;
          *link = node.next;
          pool.give(gone);
          continue;
        }
      }
    }
    link = &node.next;
  }
  if (same) {
    same->lanes |= bit;
    return;
  }
  const uint32_t number = pool.take();
  pool[number] = {key, bit, site, list, atomic};
  list = number;
}

}  // namespace emu
