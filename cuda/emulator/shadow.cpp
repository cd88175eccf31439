#include "shadow.h"

#include <algorithm>
#include <cstring>

#include "findings.h"
#include "flights.h"
#include "memory.h"
#include "parts.h"
#include "readers.h"
#include "scheduler.h"
#include "symbols.h"
#include "threads.h"

namespace emu {

Pool<Parts> parts_pools[2];

namespace {

struct Check {
  Fiber& fiber;
  const char* address;
  size_t bytes;
  Act act;
  Site site;
  bool async;
  Actor actor;
  bool shared;
  uint64_t oldest;  // records of earlier clusters than this are of the past: ordered
  bool reported;    // one finding per access
};

const char* verb(const Check& check) {
  if (check.async) return check.act == Act::read ? "asynchronous read" : "asynchronous write";
  return check.act == Act::read ? "read" : check.act == Act::write ? "write" : "atomic access";
}

Subject subject_of(const Check& check, Kind kind) { return {kind, &check.fiber, check.site, verb(check), check.bytes}; }

// Did the access of that epoch happen before what the thread does now?
inline bool ordered(const Fiber& fiber, Epoch epoch) {
  const uint32_t thread = thread_of(epoch);
  if (sequence_of(epoch) == machine.sequence) return thread == fiber.id || clock_of(epoch) <= fiber.base->at[thread];
  const History* history = fiber.base->history.get();
  const uint64_t nth = sequence_of(epoch) - machine.first_sequence;
  if (history == nullptr || nth >= history->of.size() || !history->of[nth]) return false;
  return clock_of(epoch) <= history->of[nth]->at[thread];
}

void conflict(Check& check, Epoch epoch, Site site, const char* what) {
  if (check.reported) return;
  check.reported = true;
  uint32_t thread = thread_of(epoch);
  // An mbarrier's agent: the copy's data, seen by a thread that did not wait for the phase.
  const bool copy = thread >= machine.threads && thread - machine.threads < mbarrier_agents;
  if (thread >= machine.threads) thread = issuer_of_agent(thread - machine.threads);
  const Kind kind = copy ? Kind::missing_wait : Kind::race;
  if (found_before(kind, check.site, site)) return;
  const Conflict other{sequence_of(epoch), thread, site, what};
  add_finding(subject_of(check, kind), other,
              (copy ? "without a wait for the mbarrier phase of a copy, " : "not ordered after an earlier " + std::string(what) + ", ") +
                  whereabouts(check.address));
}

// Of the proxies: what ordinary stores wrote the async proxy sees only after fence.proxy.async of the thread that stored, which the reader
// must be ordered after.
bool fenced(const Fiber& reader, Epoch write) {
  const uint32_t thread = thread_of(write);
  if (sequence_of(write) != machine.sequence || thread >= machine.threads) return true;
  const auto& fences = machine.fibers[thread].proxy_fences;
  const auto first = std::lower_bound(fences.begin(), fences.end(), clock_of(write));
  return first != fences.end() && (thread == reader.id || *first <= reader.base->at[thread]);
}

void check_node(Check& check, const ReaderNode& node) {
  const bool here = sequence_of(node.key) == machine.sequence;
  const uint32_t first = first_of_group(thread_of(node.key));
  const uint32_t clock = clock_of(node.key);
  for (uint32_t lanes = node.lanes; lanes; lanes &= lanes - 1) {
    const uint32_t thread = first + static_cast<uint32_t>(__builtin_ctz(lanes));
    if (here && (thread == check.fiber.id || clock <= check.fiber.base->at[thread])) continue;
    const Epoch epoch = make_epoch(sequence_of(node.key), thread, clock);
    if (!here && ordered(check.fiber, epoch)) continue;
    conflict(check, epoch, node.site, node.atomic ? "atomic access" : "read");
    return;
  }
}

void check_readers(Check& check, const Cell& cell, bool plain, bool atomic) {
  Pool<ReaderNode>& nodes = node_pool(check.shared);
  for (const uint32_t head : readers_pool(check.shared)[cell.list].heads) {
    for (uint32_t at = head; at; at = nodes[at].next) {
      if (nodes[at].atomic ? atomic : plain) check_node(check, nodes[at]);
    }
  }
}

// Flags that ordinary accesses do not meet. False: the finding is made, leave the record alone.
bool special(Check& check, Cell& cell, const char* address, size_t bytes) {
  if (cell.flags & cell_barrier) {
    if (!check.reported && !found_before(Kind::mbarrier_misuse, check.site, cell.write_site)) {
      add_finding(subject_of(check, Kind::mbarrier_misuse),
                  {sequence_of(cell.write), thread_of(cell.write), cell.write_site, "mbarrier_init"}, "of an mbarrier that is in use");
    }
    check.reported = true;
    return false;
  }
  if (cell.flags & cell_arriving) {
    if (!check.reported && !found_before(Kind::missing_wait, check.site, cell.write_site)) {
      add_finding(subject_of(check, Kind::missing_wait),
                  {sequence_of(cell.write), thread_of(cell.write), cell.write_site, "asynchronous copy into it"},
                  "while a copy into it is under way, " + whereabouts(check.address));
    }
    check.reported = true;
    return false;
  }
  if ((cell.flags & cell_leaving) && check.act != Act::read) {
    Conflict other;
    if (find_leaving(address, bytes, &other)) {
      if (!check.reported && !found_before(Kind::missing_wait, check.site, other.site)) {
        add_finding(subject_of(check, Kind::missing_wait), other, "while it is still being read, " + whereabouts(check.address));
      }
      check.reported = true;
      return false;
    }
    cell.flags &= ~uint32_t{cell_leaving};
  }
  return true;
}

// The record of `bytes` bytes at the address: a word's, or that of a part.
void touch(Check& check, Cell& cell, const char* address, size_t bytes) {
  Fiber& fiber = check.fiber;
  if ((cell.flags & (cell_barrier | cell_arriving | cell_leaving)) && !special(check, cell, address, bytes)) return;
  if (cell.write && !ordered(fiber, cell.write)) {
    conflict(check, cell.write, cell.write_site, cell.flags & cell_async_write ? "asynchronous write" : "write");
  } else if (check.async && cell.write && !(cell.flags & cell_async_write) && !fenced(fiber, cell.write) && !check.reported) {
    check.reported = true;
    if (!found_before(Kind::missing_proxy_fence, check.site, cell.write_site)) {
      add_finding(subject_of(check, Kind::missing_proxy_fence), {sequence_of(cell.write), thread_of(cell.write), cell.write_site, "write"},
                  "of what an ordinary store wrote without fence.proxy.async after it, " + whereabouts(check.address));
    }
  }
  switch (check.act) {
    case Act::read:
      if (cell.flags & cell_atomics) check_readers(check, cell, false, true);
      if (cell.list == 0) {
        if (cell.read == 0 || ordered(fiber, cell.read)) {
          cell.read = check.actor.epoch;
          cell.read_site = check.site;
          return;
        }
        // The second reader that the first one is not ordered before: from now on a list.
        add_reader_of(cell.read, cell.list, cell.read_site, check.shared);
      }
      add_reader(check.actor, cell.list, check.site, false, check.shared);
      cell.read = check.actor.epoch;
      cell.read_site = check.site;
      return;
    case Act::atomic:
      if (cell.list) {
        check_readers(check, cell, true, false);
      } else if (cell.read && !ordered(fiber, cell.read)) {
        conflict(check, cell.read, cell.read_site, "read");
      }
      add_reader(check.actor, cell.list, check.site, true, check.shared);
      cell.flags |= cell_atomics;
      cell.read = 0;
      return;
    case Act::write:
      if (cell.list) {
        check_readers(check, cell, true, true);
        drop_readers(cell.list, check.shared);
      } else if (cell.read && !ordered(fiber, cell.read)) {
        conflict(check, cell.read, cell.read_site, "read");
      }
      if (cell.read != fiber.epoch) cell.read = 0;
      cell.write = check.actor.epoch;
      cell.write_site = check.site;
      cell.flags = check.async ? uint32_t{cell_async_write} : 0u;
      return;
  }
}

bool stale(const Cell& cell, uint64_t oldest) { return sequence_of(cell.write) < oldest && sequence_of(cell.read) < oldest; }

Cell copy_of(const Cell& cell, bool shared) {
  Cell copy = cell;
  copy.list = copy_readers(cell.list, shared);
  return copy;
}

// Gives the word records of its parts: of halves, or of bytes where the mask is not a half.
Parts& split(Cell& cell, uint32_t mask, bool shared) {
  Pool<Parts>& pool = parts_pool(shared);
  const bool halves = mask == 0x3 || mask == 0xc;
  if (!(cell.flags & cell_split)) {
    const uint32_t number = pool.take();
    Parts& parts = pool[number];
    parts.bytes = false;
    parts.of[2] = copy_of(cell, shared);
    parts.of[0] = cell;
    cell.list = number;
    cell.flags = cell_split;
  }
  Parts& parts = pool[cell.list];
  if (!halves && !parts.bytes) {
    parts.of[1] = copy_of(parts.of[0], shared);
    parts.of[3] = copy_of(parts.of[2], shared);
    parts.bytes = true;
  }
  return parts;
}

void touch_word(Check& check, size_t word, uint32_t mask) {
  Cell& cell = arena.cells[word];
  const char* address = arena.begin + word * 4;
  if (stale(cell, check.oldest)) cell = Cell{};
  if (mask == 0xf && !(cell.flags & cell_split)) {
    touch(check, cell, address, 4);
    return;
  }
  // A word that is leaving as a whole hands that down to its parts.
  if ((cell.flags & (cell_barrier | cell_arriving | cell_leaving)) && !special(check, cell, address, 4)) return;
  Parts& parts = split(cell, mask, check.shared);
  if (!parts.bytes && mask != 0xf) {
    const uint32_t half = mask == 0x3 ? 0 : 2;
    touch(check, parts.of[half], address + half, 2);
    cell.write = check.fiber.epoch;  // so that the record does not count as one of the past
    cell.read = 0;
    return;
  }
  const uint32_t step = parts.bytes ? 1 : 2;
  for (uint32_t i = 0; i < 4; i += step) {
    if (mask >> i & 1u) touch(check, parts.of[i], address + i, step);
  }
  if (mask == 0xf && check.act == Act::write) {
    // Whole again.
    const uint32_t number = cell.list;
    cell = parts.of[0];
    parts_pool(check.shared).give(number);
  } else {
    cell.write = check.fiber.epoch;
    cell.read = 0;
  }
}

void not_memory(Check& check, size_t word) {
  const Kind kind = !check.shared && was_freed(arena.begin + word * 4) ? Kind::use_after_free : Kind::out_of_bounds;
  if (!found_before(kind, check.site)) add_finding(subject_of(check, kind), whereabouts(check.address));
}

void not_initialized(Check& check, size_t word) {
  const Cell& cell = arena.cells[word];
  const bool arriving = (cell.flags & cell_arriving) && !stale(cell, check.oldest);
  if (arriving || check.reported) return;
  check.reported = true;
  if (!found_before(Kind::uninitialized_read, check.site)) {
    add_finding(subject_of(check, Kind::uninitialized_read), whereabouts(check.address));
  }
}

// Which of the word's bytes lie in [offset, end).
uint32_t word_mask(size_t word, size_t offset, size_t end) {
  const size_t begin = word * 4;
  const uint32_t low = offset > begin ? static_cast<uint32_t>(offset - begin) : 0;
  const uint32_t high = end < begin + 4 ? static_cast<uint32_t>(end - begin) : 4;
  return ((1u << high) - 1) & ~((1u << low) - 1);
}

// Is it memory, and initialized?
inline bool check_state(Check& check, size_t word, uint32_t mask) {
  WordState& state = arena.states[word];
  const uint32_t all = mask | (check.act == Act::write ? 0 : mask << 4);
  if (__builtin_expect((state & all) != all, 0)) {
    if ((state & mask) != mask) {
      not_memory(check, word);
      return false;
    }
    not_initialized(check, word);
  }
  state = static_cast<WordState>(state | mask << 4);
  return true;
}

bool outside(Check& check) {
  const char* end = check.address + check.bytes;
  if (check.address >= check.fiber.stack_begin && end <= check.fiber.stack_end) {
    check_registers(check.fiber, check.address, check.bytes, check.act != Act::read, check.site);
    return true;
  }
  if (check.act == Act::read && check.address >= machine.arguments_begin && end <= machine.arguments_end) return true;
  // Tables of constants.
  if (check.act == Act::read && in_module(reinterpret_cast<uintptr_t>(check.address), check.bytes)) return true;
  add_finding(subject_of(check, Kind::host_memory), "at an address that is not memory of the device; the kernel was ended");
  end_launch("it used an address that is not memory of the device");
  return false;
}

}  // namespace

bool check_access(Fiber& fiber, const void* pointer, size_t bytes, Act act, Site site, bool async, const Actor* as) {
  const auto* address = static_cast<const char*>(pointer);
  const size_t offset = arena_offset(address);
  const bool shared = offset < windows_bytes;
  Check check{
      fiber, address, bytes, act, site, async, as ? *as : actor_of(fiber), shared, shared ? machine.sequence : machine.first_sequence,
      false};
  if (offset >= arena_bytes) return outside(check);
  counters().accesses++;
  if (!async && bytes <= 16 && (bytes & (bytes - 1)) == 0 && (offset & (bytes - 1)) && !found_before(Kind::misaligned, site)) {
    add_finding(subject_of(check, Kind::misaligned), "at an address that is not a multiple of it, " + whereabouts(address));
  }
  const size_t end = offset + bytes;
  const size_t last = (end - 1) / 4;
  for (size_t word = offset / 4; word <= last; ++word) {
    if (!check_state(check, word, word_mask(word, offset, end))) return false;
  }
  if (shared && window_of(address) != fiber.block && !check_remote(fiber, window_of(address), site)) return true;
  for (size_t word = offset / 4; word <= last; ++word) touch_word(check, word, word_mask(word, offset, end));
  return true;
}

// The records of those bytes. A word of which a part lies inside was split by the check of the access.
template <class Function>
static void for_records(const void* address, size_t bytes, Function function) {
  const size_t offset = arena_offset(address);
  const size_t end = offset + bytes;
  for (size_t word = offset / 4; word * 4 < end; ++word) {
    Cell& cell = arena.cells[word];
    const uint32_t mask = word_mask(word, offset, end);
    if (mask == 0xf || !(cell.flags & cell_split)) {
      function(cell);
      continue;
    }
    Parts& parts = parts_pool(offset < windows_bytes)[cell.list];
    for (uint32_t i = 0; i < 4; i += parts.bytes ? 1 : 2) {
      if (mask >> i & 1u) function(parts.of[i]);
    }
  }
}

void begin_arrival(const void* address, size_t bytes) {
  for_records(address, bytes, [](Cell& cell) { cell.flags |= cell_arriving; });
}

void end_arrival(const void* address, size_t bytes, uint64_t epoch, bool async) {
  for_records(address, bytes, [&](Cell& cell) {
    if (!(cell.flags & cell_arriving)) return;
    cell.flags = async ? uint32_t{cell_async_write} : 0u;
    cell.write = epoch;
    cell.read = 0;
  });
}

void begin_leaving(const void* address, size_t bytes) {
  for_records(address, bytes, [](Cell& cell) { cell.flags |= cell_leaving; });
}

void set_barrier(const void* address, uint64_t epoch, uint32_t site) {
  for_records(address, 8, [&](Cell& cell) {
    cell = Cell{};
    cell.flags = cell_barrier;
    cell.write = epoch;
    cell.write_site = site;
  });
}

void forget_shared_lists() {
  node_pool(true).clear();
  readers_pool(true).clear();
  parts_pool(true).clear();
}

void forget_global_lists() {
  node_pool(false).clear();
  readers_pool(false).clear();
  parts_pool(false).clear();
}

}  // namespace emu
